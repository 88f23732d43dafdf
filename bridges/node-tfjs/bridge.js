// TensorFlow.js as people use it: tf.sequential, tf.losses, tf.train, tf.initializers; float32.
console.log = console.info = console.warn = () => {}; // a banner would stand among the replies
const tf = require('@tensorflow/tfjs');
const {createInterface} = require('readline');

class Unsupported extends Error {}

const ACTIVATIONS = {
  identity: 'linear', sigmoid: 'sigmoid', tanh: 'tanh', relu: 'relu', elu: 'elu', selu: 'selu',
  softplus: 'softplus', softmax: 'softmax', gelu: 'gelu', silu: 'swish',
};
const OUTPUTS = {identity: 'linear', sigmoid: 'sigmoid', softmax: 'softmax'};

const OPTIMIZERS = {
  gradient_descent: r => tf.train.sgd(r.learning_rate),
  momentum: r => tf.train.momentum(r.learning_rate, r.momentum),
  nesterov: r => tf.train.momentum(r.learning_rate, r.momentum, true),
  rmsprop: r => tf.train.rmsprop(r.learning_rate, r.rho, 0, r.epsilon),
  adam: r => tf.train.adam(r.learning_rate, r.beta1, r.beta2, r.epsilon),
};

const INITIALIZERS = {
  zeros: () => tf.initializers.zeros(),
  constant: () => tf.initializers.constant({value: 0.1}),
  normal: tf.initializers.randomNormal,
  uniform: tf.initializers.randomUniform,
  orthogonal: tf.initializers.orthogonal,
  lecun_uniform: tf.initializers.leCunUniform,
  lecun_truncated: tf.initializers.leCunNormal, // what is called normal is cut at two deviations
  glorot_uniform: tf.initializers.glorotUniform,
  glorot_truncated: tf.initializers.glorotNormal,
  he_uniform: tf.initializers.heUniform,
  he_truncated: tf.initializers.heNormal,
};

const HELLO = {
  protocol: 1, name: 'tfjs', version: tf.version.tfjs, precision: 'float32',
  capabilities: [
    'forward', 'hidden', 'loss', 'gradient', 'evaluate', 'train', 'initialize', 'forward_training',
  ],
  scope: {
    activations: [...Object.keys(ACTIVATIONS), 'leaky_relu'],
    heads: [
      ['sigmoid', 'cross_entropy'], ['softmax', 'cross_entropy'], ['identity', 'squared_error'],
      ['sigmoid', 'squared_error'], ['softmax', 'squared_error'], ['identity', 'huber'],
    ],
    optimizers: Object.keys(OPTIMIZERS), initializers: Object.keys(INITIALIZERS),
    l2: true, sample_weights: true, batches: true, dropout: true, label_smoothing: true,
    soft_targets: true, mixed_activations: true,
  },
  conventions: {
    reduction: 'mean over elements', squared_error: 1.0, penalty_factor: 1.0, leaky_slope: 0.3,
    nesterov: 'sutskever', momentum_rate: 'outside', adam_epsilon: 'outside',
    rmsprop_epsilon: 'inside', truncated_normal: 'plain',
  },
};

/** The layers, with outputs and without their activation; a leaky ReLU is a layer of its own. */
function network(r, kernelInitializer = () => 'zeros') {
  const layers = [];
  r.activations.forEach((name, i) => {
    const leaky = name === 'leaky_relu';
    layers.push(dense(r, i, leaky ? 'linear' : ACTIVATIONS[name], kernelInitializer(i)));
    if (leaky) layers.push(tf.layers.leakyReLU());
    layers.push(tf.layers.dropout({rate: r.dropout, seed: (r.seed ?? 0) + i}));
  });
  layers.push(dense(r, r.activations.length, 'linear', kernelInitializer(r.activations.length)));
  const logits = tf.sequential({layers});
  const outputs = tf.sequential({
    layers: [...layers, tf.layers.activation({activation: OUTPUTS[r.output]})],
  });
  return {logits, outputs, weights: logits.getWeights(true)};
}

function dense(r, i, activation, kernelInitializer) {
  return tf.layers.dense({
    units: r.widths[i + 1], inputShape: [r.widths[i]], activation, kernelInitializer,
    useBias: r.biases,
  });
}

function given(r) {
  const made = network(r), values = [];
  let place = 0;
  for (const [i, fanOut] of r.widths.slice(1).entries()) {
    const shapes = [[r.widths[i], fanOut], [fanOut]];
    for (const shape of shapes) {
      const size = tf.util.sizeFromShape(shape);
      if (r.biases || shape.length === 2)
        values.push(tf.tensor(r.parameters.slice(place, place + size), shape));
      place += size;
    }
  }
  made.logits.setWeights(values);
  return made;
}

const matrix = (numbers, columns) => tf.tensor2d(numbers, [numbers.length / columns, columns]);
const inputs = r => matrix(r.inputs, r.widths[0]);
const targets = r => matrix(r.targets, r.widths.at(-1));

function loss(r, {logits, outputs, weights}, [x, y, w], training) {
  const model = r.loss === 'cross_entropy' ? logits : outputs;
  const data = criterion(r)(y, model.apply(x, {training}), w, tf.Reduction.MEAN);
  if (!r.l2) return data;
  const penalty = tf.regularizers.l2({l2: r.l2});
  return tf.addN([data, ...weights.filter(p => p.rank === 2).map(p => penalty.apply(p))]);
}

function criterion(r) {
  const {label_smoothing: smoothing, delta} = r;
  if (r.loss === 'squared_error') return tf.losses.meanSquaredError;
  if (r.loss === 'huber') return (y, p, w, mean) => tf.losses.huberLoss(y, p, w, delta, mean);
  const {sigmoidCrossEntropy, softmaxCrossEntropy} = tf.losses;
  const entropy = r.output === 'sigmoid' ? sigmoidCrossEntropy : softmaxCrossEntropy;
  return (y, z, w, mean) => entropy(y, z, w, smoothing, mean);
}

/** Batches [inputs, targets, row weights]; a loss of elements wants a column of weights. */
function batches(r) {
  const size = r.batch_size ?? r.rows, found = [], rows = r.sample_weights;
  const byRow = r.output === 'softmax' && r.loss === 'cross_entropy';
  const weights = rows && (byRow ? tf.tensor1d(rows) : matrix(rows, 1));
  const all = [inputs(r), targets(r), weights];
  for (let from = 0; from < r.rows; from += size)
    found.push(all.map(one => one && one.slice(from, Math.min(size, r.rows - from))));
  return found;
}

let options;

/** The slope of huberLoss is (r - delta) + delta, which loses small r: option huber=judged. */
function differentiable(r) {
  if (r.loss === 'huber' && options?.huber !== 'judged')
    throw new Unsupported('huberLoss takes its slope as (r - delta) + delta');
}

const CALLS = {
  hello: r => (options = r.options, HELLO),
  forward: r => numbers([given(r).outputs.predict(inputs(r))]),
  forward_training: r => numbers([given(r).outputs.apply(inputs(r), {training: true})]),

  hidden(r) {
    const found = [];
    let units = inputs(r);
    for (const layer of given(r).logits.layers) {
      units = layer.apply(units);
      if (layer.getClassName() === 'Dropout') found.push(units);
    }
    return numbers(found);
  },

  loss: r => numbers([loss(r, given(r), batches(r)[0])])[0],

  gradient(r) {
    differentiable(r);
    const net = given(r), data = batches(r)[0];
    const {grads} = tf.variableGrads(() => loss(r, net, data), net.weights);
    return filled(r, net.weights.map(p => grads[p.name]));
  },

  evaluate(r) {
    if (r.sample_weights) throw new Unsupported('model.evaluate takes no sample weights');
    if (r.l2) throw new Unsupported('model.evaluate leaves penalties out');
    const {logits, outputs} = given(r), model = r.loss === 'cross_entropy' ? logits : outputs;
    model.compile({loss: (y, p) => criterion(r)(y, p), optimizer: 'sgd'});
    const batchSize = r.batch_size ?? r.rows;
    return numbers([model.evaluate(inputs(r), targets(r), {batchSize})])[0];
  },

  train(r) {
    differentiable(r);
    const net = given(r), optimizer = OPTIMIZERS[r.optimizer](r), data = batches(r);
    const step = batch => optimizer.minimize(() => loss(r, net, batch, true), false, net.weights);
    for (let epoch = 0; epoch < r.epochs; epoch++) data.forEach(step);
    return filled(r, net.weights);
  },

  initialize(r) {
    const net = network(r, i => INITIALIZERS[r.initializer]({seed: r.seed + i}));
    return filled(r, net.weights);
  },
};

/** All numbers of some tensors; JSON has no name for what is not finite. */
function numbers(tensors) {
  return tensors.flatMap(t => Array.from(t.dataSync(), n => Number.isFinite(n) ? n : String(n)));
}

/** The same, with zeros in the places of biases that a layer does not have. */
function filled(r, tensors) {
  if (r.activations.includes('gelu') && !tensors.every(t => t.dataSync().every(Number.isFinite)))
    throw new Unsupported('the slope of gelu multiplies by z before exp(-z^2/2): that overflows');
  if (r.biases) return numbers(tensors);
  return tensors.flatMap(t => [...numbers([t]), ...Array(t.shape[1]).fill(0)]);
}

function reply(line) {
  const r = JSON.parse(line);
  tf.engine().startScope();
  try {
    return {id: r.id, answer: CALLS[r.call](r)};
  } catch (e) {
    return {id: r.id, [e instanceof Unsupported ? 'unsupported' : 'error']: String(e.message)};
  } finally {
    tf.engine().endScope();
    tf.disposeVariables();
  }
}

createInterface({input: process.stdin})
  .on('line', line => process.stdout.write(JSON.stringify(reply(line)) + '\n'));
