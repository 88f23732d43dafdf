% A feed-forward network in GNU Octave, and the bridge by which backproof asks it.
1;

function y = act(name, z)
  switch name
    case 'identity', y = z;
    case 'sigmoid',  y = 1 ./ (1 + exp(-z));
    case 'tanh',     y = tanh(z);
    case 'relu',     y = max(z, 0);
    case 'softmax',  y = exp(z - max(z, [], 2)); y ./= sum(y, 2);
  end
end

function d = slope(name, y) % from the activation's own value
  switch name
    case 'identity', d = ones(size(y));
    case 'sigmoid',  d = y .* (1 - y);
    case 'tanh',     d = (1 - y) .* (1 + y);
    case 'relu',     d = y > 0;
  end
end

function [units, z] = forward(r, W, b, x) % units{1} are the inputs, the last the outputs
  units = {x}; names = [r.activations(:); {r.output}];
  for l = 1:numel(W)
    z = units{l} * W{l} + b{l};
    units{l+1} = act(names{l}, z);
  end
end

function e = loss(r, W, b, x, y, w)
  [units, z] = forward(r, W, b, x);
  switch [r.output ' ' r.loss]
    case 'sigmoid cross_entropy',  each = max(z, 0) - y .* z + log1p(exp(-abs(z)));
    case 'softmax cross_entropy',  s = z - max(z, [], 2); each = y .* (log(sum(exp(s), 2)) - s);
    case 'identity squared_error', each = (z - y).^2 / 2;
  end
  e = sum(w .* sum(each, 2)) / sum(w) + r.l2 / 2 * sum(cellfun(@(W) sumsq(W(:)), W));
end

function [dW, db] = gradient(r, W, b, x, y, w)
  units = forward(r, W, b, x);
  delta = w / sum(w) .* (units{end} - y); % of each head with its own loss
  for l = numel(W):-1:1
    dW{l} = units{l}' * delta + r.l2 * W{l};
    db{l} = sum(delta, 1);
    if l > 1, delta = delta * W{l}' .* slope(r.activations{l-1}, units{l}); end
  end
end

function [W, b] = train(r, W, b, x, y, w)
  n = rows(x); size = ifempty(r.batch_size, n);
  for first = repmat(1:size:n, 1, r.epochs)
    batch = first:min(first + size - 1, n);
    [dW, db] = gradient(r, W, b, x(batch, :), y(batch, :), w(batch));
    for l = 1:numel(W)
      W{l} -= r.learning_rate * dW{l}; b{l} -= r.learning_rate * db{l};
    end
  end
end

function a = ifempty(a, b), if isempty(a), a = b; end, end

function m = matrix(numbers, columns), m = reshape(numbers, columns, [])'; end % row after row

function numbers = flat(m), numbers = m'(:)'; end

function [W, b] = layers(r)
  place = 0; n = r.widths;
  for l = 1:numel(n)-1
    W{l} = matrix(r.parameters(place + (1:n(l)*n(l+1))), n(l+1)); place += n(l) * n(l+1);
    b{l} = r.parameters(place + (1:n(l+1)))';                     place += n(l+1);
  end
end

function numbers = joined(f, varargin)
  numbers = cell2mat(cellfun(f, varargin{:}, 'UniformOutput', false));
end

function numbers = parameters(W, b), numbers = joined(@(W, b) [flat(W) b], W, b); end

function r = request(line) % jsondecode reads some numbers wrong in the last bit, sscanf none
  r = jsondecode(line);
  for [value, key] = r
    found = regexp(line, ['"' key '":\[?([-+.eE\d,]+)'], 'tokens');
    if isnumeric(value) && !isempty(found), r.(key) = sscanf(found{1}{1}, '%f,'); end
  end
end

function found = answer(r)
  [W, b] = layers(r); x = matrix(r.inputs, r.widths(1));
  if isfield(r, 'targets')
    y = matrix(r.targets, r.widths(end)); w = ifempty(r.sample_weights, ones(rows(y), 1));
  end
  switch r.call
    case 'forward',  found = flat(forward(r, W, b, x){end});
    case 'hidden',   found = joined(@flat, forward(r, W, b, x)(2:end-1));
    case 'loss',     found = loss(r, W, b, x, y, w);
    case 'gradient', [W, b] = gradient(r, W, b, x, y, w); found = parameters(W, b);
    case 'train',    [W, b] = train(r, W, b, x, y, w);    found = parameters(W, b);
  end
end

hello = ['{"id":0,"answer":{"protocol":1,"name":"Octave net","version":"' OCTAVE_VERSION '",' ...
  '"capabilities":["forward","hidden","loss","gradient","train"],"scope":{' ...
  '"activations":["identity","sigmoid","tanh","relu"],"heads":[["sigmoid","cross_entropy"],' ...
  '["softmax","cross_entropy"],["identity","squared_error"]],"optimizers":["gradient_descent"],' ...
  '"l2":true,"sample_weights":true,"batches":true,"soft_targets":true,"mixed_activations":true}}}'];

while true
  try, line = input('', 's'); catch, break, end % fgetl would wait for what follows the newline
  r = request(line);
  try
    if strcmp(r.call, 'hello')
      puts([hello "\n"]);
    else
      found = answer(r); numbers = sprintf(',%.17g', found);
      if isscalar(found) && strcmp(r.call, 'loss'), form = '%s'; else form = '[%s]'; end
      printf(['{"id":%d,"answer":' form '}\n'], r.id, numbers(2:end));
    end
  catch e
    printf('{"id":%d,"error":%s}\n', r.id, jsonencode(e.message));
  end
  fflush(stdout);
end
