1; % a script with functions: octave-cli --quiet --no-init-file bridge.m
% A network in GNU Octave over standard input and output, by docs/protocol.md.

function v = rows_of(list, rows)
  v = reshape(list, [], rows)'; % row after row
end

function list = flat(v)
  list = reshape(v', [], 1);
end

function layers = layers_of(q)
  layers = {}; p = q.parameters; end_ = 0;
  for l = 1:numel(q.widths) - 1
    in = q.widths(l); out = q.widths(l + 1);
    W = rows_of(p(end_ + (1:in * out)), in); end_ += in * out;
    b = p(end_ + (1:out))'; end_ += out;
    layers{l} = struct("W", W, "b", b);
  end
end

function [y, slope] = activate(name, z)
  switch name
    case "identity", y = z; slope = ones(size(z));
    case "sigmoid", y = sigmoid(z); slope = y .* (1 - y);
    case "tanh", y = tanh(z); slope = 1 - y .^ 2;
    case "relu", y = max(z, 0); slope = double(z > 0);
    case "softplus", y = max(z, 0) + log1p(exp(-abs(z))); slope = sigmoid(z);
  end
end

function p = sigmoid(z)
  e = exp(-abs(z)); e(z >= 0) = 1; p = e ./ (1 + exp(-abs(z)));
end

% z{l}: what enters the activation of layer l; x{l}: what enters layer l
function [z, x] = propagate(q, layers, inputs)
  x = {inputs}; z = {};
  for l = 1:numel(layers)
    z{l} = x{l} * layers{l}.W + layers{l}.b;
    if l < numel(layers), x{l + 1} = activate(q.activations{l}, z{l}); end
  end
end

function p = outputs(q, z)
  switch q.output
    case "identity", p = z;
    case "sigmoid", p = sigmoid(z);
    case "softmax", e = exp(z - max(z, [], 2)); p = e ./ sum(e, 2);
  end
end

function F = loss(q, layers, inputs, y)
  z = propagate(q, layers, inputs){end};
  switch [q.output " " q.loss]
    case "sigmoid cross_entropy", each = max(z, 0) - y .* z + log1p(exp(-abs(z)));
    case "softmax cross_entropy"
      m = max(z, [], 2); each = m + log(sum(exp(z - m), 2)) - sum(y .* z, 2);
    case "identity squared_error", each = (z - y) .^ 2 / 2;
  end
  F = sum(each(:)) / rows(inputs);
end

function g = gradient_(q, layers, inputs, y)
  [z, x] = propagate(q, layers, inputs);
  delta = (outputs(q, z{end}) - y) / rows(inputs);
  for l = numel(layers):-1:1
    g{l} = struct("W", x{l}' * delta, "b", sum(delta, 1));
    if l > 1
      [~, slope] = activate(q.activations{l - 1}, z{l - 1});
      delta = (delta * layers{l}.W') .* slope;
    end
  end
end

function layers = train(q, layers, inputs, y)
  batch = q.batch_size; n = rows(inputs);
  if isempty(batch), batch = n; end
  v = {};
  for epoch = 1:q.epochs
    for start = 1:batch:n
      part = start:min(start + batch - 1, n);
      g = gradient_(q, layers, inputs(part, :), y(part, :));
      for l = 1:numel(layers)
        for name = {"W", "b"}
          s = g{l}.(name{1});
          if numel(v) >= l && isfield(v{l}, name{1}), s += q.momentum * v{l}.(name{1}); end
          v{l}.(name{1}) = s;
          layers{l}.(name{1}) -= q.learning_rate * s;
        end
      end
    end
  end
end

function list = of_all(layers)
  list = [];
  for l = 1:numel(layers), list = [list; flat(layers{l}.W); layers{l}.b']; end
end

function list = answer(q)
  layers = layers_of(q); inputs = rows_of(q.inputs, q.rows);
  if isfield(q, "targets"), y = rows_of(q.targets, q.rows); end
  switch q.call
    case "forward", list = flat(outputs(q, propagate(q, layers, inputs){end}));
    case "hidden"
      [~, x] = propagate(q, layers, inputs); list = [];
      for l = 2:numel(x), list = [list; flat(x{l})]; end
    case "loss", list = loss(q, layers, inputs, y);
    case "gradient", list = of_all(gradient_(q, layers, inputs, y));
    case "train", list = of_all(train(q, layers, inputs, y));
  end
end

% jsondecode of 7.3.0 misreads one of five numbers by a unit in the last place
function q = exact(q, line)
  for name = {"parameters", "inputs", "targets", "learning_rate", "momentum"}
    key = ['"' name{1} '":'];
    where = strfind(line, key);
    if isempty(where), continue; end
    text = line(where(1) + numel(key):end);
    if text(1) == "[", q.(name{1}) = sscanf(text(2:end), "%g,"); else, q.(name{1}) = sscanf(text, "%g", 1); end
  end
end

hello = ['"answer":{"protocol":1,"name":"octave","version":"' version() '",' ...
  '"capabilities":["forward","hidden","loss","gradient","train"],' ...
  '"scope":{"activations":["identity","sigmoid","tanh","relu","softplus"],"mixed_activations":true,' ...
  '"heads":[["sigmoid","cross_entropy"],["softmax","cross_entropy"],["identity","squared_error"]],' ...
  '"optimizers":["gradient_descent","momentum"],"soft_targets":true,"batches":true}}'];

while true
  try
    line = input("", "s"); % fgetl would wait for the byte behind the newline
  catch
    break % the end of the input
  end
  q = exact(jsondecode(line), line);
  if strcmp(q.call, "hello")
    said = hello;
  else
    try
      list = sprintf("%.17g,", answer(q));
      if ! strcmp(q.call, "loss"), list = ["[" list(1:end - 1) "]"]; else, list = list(1:end - 1); end
      said = ['"answer":' list];
    catch error
      said = ['"error":"' strrep(error.message, '"', "'") '"'];
    end
  end
  printf("{\"id\":%d,%s}\n", q.id, said); fflush(stdout);
end
