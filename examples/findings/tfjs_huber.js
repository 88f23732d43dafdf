// TensorFlow.js 4.22: the gradient of huberLoss loses the digits of residuals far below delta.
// In bridges/node-tfjs: node - < ../../examples/findings/tfjs_huber.js
const tf = require('@tensorflow/tfjs');

const residual = tf.tensor1d([0.01]), zero = tf.tensor1d([0]);
for (const delta of [1, 1e3, 1e6]) {
  const loss = p => tf.losses.huberLoss(zero, p, undefined, delta);
  console.log(delta, tf.grad(loss)(residual).dataSync()[0]); // 0.01 is right: it is r^2 / 2 there
}
// prints 0.009999990463256836, 0.010009765625 and 0: it is computed as (r - delta) + delta
