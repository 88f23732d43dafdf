// TensorFlow.js 4.22.0: the gradient of gelu multiplies what comes from above by x before it
// multiplies by exp(-x^2 / 2), which is 0 there: inf * 0.
// In bridges/node-tfjs: node - < ../../examples/findings/tfjs_gelu.js
const tf = require('@tensorflow/tfjs');
const gelu = tf.layers.activation({ activation: 'gelu' });
const slope = (x, factor) => tf.grad((z) => gelu.apply(z).mul(factor).sum())(tf.tensor1d([x]));
console.log(slope(-1e10, 1).dataSync()[0]); // 0, which is right
console.log(slope(-1e10, 1e30).dataSync()[0]); // NaN, where 0 is right
