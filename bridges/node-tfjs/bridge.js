// TensorFlow.js over standard input and output, by docs/protocol.md: its layers, losses, gradients,
// optimizers and initializers, in float32 on the backend "cpu". A network is a tf.sequential of
// dense layers, whose last one gives the logits that tf.losses takes.
//
// Conventions, as read in version 4.22.0: losses are means over elements (softmaxCrossEntropy: over
// rows), meanSquaredError squares without a half, epsilon stands outside the root in Adam and inside
// in RMSprop, softplus is the identity beyond -log(epsilon) - 2, truncated normals are not corrected.

console.log = console.info = console.warn = () => {}; // a banner would stand among the replies
const tf = require('@tensorflow/tfjs');

const ACTIVATIONS = {
  identity: 'linear', sigmoid: 'sigmoid', tanh: 'tanh', relu: 'relu', elu: 'elu', selu: 'selu',
  softplus: 'softplus', softmax: 'softmax', gelu: 'gelu', silu: 'swish',
};

const OUTPUTS = { identity: (z) => z, sigmoid: tf.sigmoid, softmax: tf.softmax, exp: tf.exp };

const MEAN = tf.Reduction.MEAN;
const LOSSES = {
  'sigmoid cross_entropy': (q, y, z, w) => tf.losses.sigmoidCrossEntropy(y, z, w, q.label_smoothing, MEAN),
  'softmax cross_entropy': (q, y, z, w) =>
    tf.losses.softmaxCrossEntropy(y, z, w && w.flatten(), q.label_smoothing, MEAN),
  'identity squared_error': (q, y, z, w) => tf.losses.meanSquaredError(y, z, w, MEAN),
  'sigmoid squared_error': (q, y, z, w) => tf.losses.meanSquaredError(y, tf.sigmoid(z), w, MEAN),
  'softmax squared_error': (q, y, z, w) => tf.losses.meanSquaredError(y, tf.softmax(z), w, MEAN),
  'identity huber': (q, y, z, w) => tf.losses.huberLoss(y, z, w, q.delta, MEAN),
};

const OPTIMIZERS = {
  gradient_descent: (q) => tf.train.sgd(q.learning_rate),
  momentum: (q) => tf.train.momentum(q.learning_rate, q.momentum),
  nesterov: (q) => tf.train.momentum(q.learning_rate, q.momentum, true),
  rmsprop: (q) => tf.train.rmsprop(q.learning_rate, q.rho, 0, q.epsilon),
  adam: (q) => tf.train.adam(q.learning_rate, q.beta1, q.beta2, q.epsilon),
};

const { leCunUniform, glorotUniform, heUniform, leCunNormal, glorotNormal, heNormal, orthogonal } = tf.initializers;
const INITIALIZERS = {
  zeros: tf.initializers.zeros, orthogonal: (args) => orthogonal({ gain: 1, ...args }),
  lecun_uniform: leCunUniform, glorot_uniform: glorotUniform, he_uniform: heUniform,
  lecun_truncated: leCunNormal, glorot_truncated: glorotNormal, he_truncated: heNormal,
};

const HELLO = {
  protocol: 1, name: 'tfjs', version: tf.version.tfjs, precision: 'float32',
  capabilities: ['forward', 'hidden', 'loss', 'gradient', 'train', 'initialize'],
  scope: {
    activations: Object.keys(ACTIVATIONS), heads: Object.keys(LOSSES).map((head) => head.split(' ')),
    optimizers: Object.keys(OPTIMIZERS), initializers: Object.keys(INITIALIZERS),
    mixed_activations: true, sample_weights: true, label_smoothing: true, soft_targets: true,
    batches: true,
  },
  conventions: {
    reduction: 'mean over elements', squared_error: 1, softplus_threshold: -Math.log(2 ** -23) - 2,
    nesterov: 'sutskever', momentum_rate: 'outside', adam_epsilon: 'outside',
    rmsprop_epsilon: 'inside', truncated_normal: 'plain',
  },
};

const models = new Map();

// a model of each shape is kept: it takes longer to make than to ask
function modelOf(q, parameters = q.parameters) {
  const key = JSON.stringify([q.widths, q.activations]);
  if (!models.has(key)) {
    if (models.size === 64) models.forEach((model, old) => (model.dispose(), models.delete(old)));
    const names = [...q.activations.map((name) => ACTIVATIONS[name]), 'linear'];
    const dense = (activation, l) =>
      tf.layers.dense({ units: q.widths[l + 1], inputShape: [q.widths[l]], activation });
    models.set(key, tf.sequential({ layers: names.map(dense) }));
  }
  const model = models.get(key);
  let start = 0;
  model.setWeights(model.weights.map((weight) => {
    const size = weight.shape.reduce((a, b) => a * b);
    return tf.tensor(parameters.slice(start, (start += size)), weight.shape);
  }));
  return model;
}

const rowsOf = (q, list, width) => tf.tensor2d(list, [q.rows, width]);
const flat = (tensors) => tensors.flatMap((tensor) => Array.from(tensor.dataSync()));

// the mean loss of the model's outputs for the rows from `start` on
function lossOf(q, model, start = 0, rows = q.rows) {
  const x = rowsOf(q, q.inputs, q.widths[0]).slice(start, rows);
  const y = rowsOf(q, q.targets, q.widths.at(-1)).slice(start, rows);
  const w = q.sample_weights && tf.tensor2d(q.sample_weights, [q.rows, 1]).slice(start, rows);
  return LOSSES[`${q.output} ${q.loss}`](q, y, model.apply(x), w || undefined);
}

const CALLS = {
  hello: () => HELLO,
  forward: (q) => flat([OUTPUTS[q.output](modelOf(q).apply(rowsOf(q, q.inputs, q.widths[0])))]),
  hidden: (q) => {
    const layers = modelOf(q).layers.slice(0, -1);
    let x = rowsOf(q, q.inputs, q.widths[0]);
    return flat(layers.map((layer) => (x = layer.apply(x))));
  },
  loss: (q) => lossOf(q, modelOf(q)).dataSync()[0],
  gradient: (q) => {
    const model = modelOf(q), variables = model.trainableWeights.map((weight) => weight.val);
    const { grads } = tf.variableGrads(() => lossOf(q, model), variables);
    return flat(variables.map(({ name }) => grads[name]));
  },
  train: (q) => {
    const model = modelOf(q), variables = model.trainableWeights.map((weight) => weight.val);
    const optimizer = OPTIMIZERS[q.optimizer](q), batch = q.batch_size || q.rows;
    for (let epoch = 0; epoch < q.epochs; epoch++)
      for (let start = 0; start < q.rows; start += batch)
        optimizer.minimize(() => lossOf(q, model, start, Math.min(batch, q.rows - start)), false, variables);
    return flat(model.getWeights());
  },
  initialize: (q) => {
    const { seed } = q;
    return q.widths.slice(1).flatMap((out, l) => {
      const initializer = INITIALIZERS[q.initializer]({ seed: seed + l });
      return [...flat([initializer.apply([q.widths[l], out])]), ...Array(out).fill(0)];
    });
  },
};

function reply(q) {
  tf.engine().startScope(); // tensors of the call go with it
  try {
    return { id: q.id, answer: CALLS[q.call](q) };
  } catch (error) {
    return { id: q.id, error: String(error) };
  } finally {
    tf.engine().endScope();
  }
}

// JSON.stringify writes null where a number is not finite
const spelled = (key, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);

require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(JSON.stringify(reply(JSON.parse(line)), spelled) + '\n');
});
