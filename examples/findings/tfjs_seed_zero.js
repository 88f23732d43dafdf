// TensorFlow.js 4.22: normal and truncated initializers ignore the seed 0, uniform ones do not.
// In bridges/node-tfjs: node - < ../../examples/findings/tfjs_seed_zero.js
const tf = require('@tensorflow/tfjs');

for (const name of ['glorotUniform', 'glorotNormal', 'randomNormal', 'truncatedNormal'])
  for (const seed of [1, 0]) {
    const drawn = () => tf.initializers[name]({seed}).apply([2, 2]).dataSync().join();
    console.log(name, seed, drawn() === drawn()); // false for the last three, with the seed 0
  }
