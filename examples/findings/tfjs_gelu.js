// TensorFlow.js 4.22: the derivative of gelu is NaN where z times what comes from above overflows.
// npm install @tensorflow/tfjs@4.22.0; node tfjs_gelu.js
const tf = require('@tensorflow/tfjs');

const gelu = tf.layers.activation({activation: 'gelu'});
const slope = tf.grad(z => gelu.apply(z).mul(1e20));

console.log(slope(tf.tensor1d([1e15])).dataSync()[0]); // 100000002004087730000, which is right
console.log(slope(tf.tensor1d([1e20])).dataSync()[0]); // NaN, and the same is right: gelu(z) = z
