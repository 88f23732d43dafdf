# R's nnet and glm.fit: predictions, the value that nnet minimises, starts, and fits of their own.
suppressPackageStartupMessages({library(jsonlite); library(nnet)})
options(warn = -1)

inputs <- function(r) matrix(r$inputs, r$rows, byrow = TRUE)
targets <- function(r) matrix(r$targets, r$rows, byrow = TRUE)
row_weights <- function(r) if (is.null(r$sample_weights)) rep(1, r$rows) else r$sample_weights
flat <- function(m) as.vector(t(m))

# Layers as a list of matrices whose first row is the biases; nnet and glm.fit want them so.
layers <- function(r) {
  widths <- r$widths; place <- 0; found <- list()
  for (i in seq_len(length(widths) - 1)) {
    size <- widths[i] * widths[i + 1]
    weights <- matrix(r$parameters[place + seq_len(size)], widths[i], byrow = TRUE)
    found[[i]] <- rbind(r$parameters[place + size + seq_len(widths[i + 1])], weights)
    place <- place + size + widths[i + 1]
  }
  found
}
parameters <- function(layers)
  unlist(lapply(layers, function(m) c(flat(m[-1, , drop = FALSE]), m[1, ])))

# The largest entry of the gradient of the mean loss without a hidden layer, at the fitted values:
# what a fit that promises nothing has reached.
largest <- function(x, y, fitted, w, slope = 1, penalty = 0)
  max(abs(slope * crossprod(cbind(1, x), w * (fitted - y)) + penalty)) / sum(w)

nets <- list(
  hello = list(
    capabilities = c("forward", "loss", "fit", "initialize"),
    scope = list(
      activations = I("sigmoid"), hidden_layers = c(0, 1), l2 = TRUE, sample_weights = TRUE,
      soft_targets = TRUE, initializers = I("uniform"),
      heads = list(c("sigmoid", "cross_entropy"), c("softmax", "cross_entropy"),
                   c("identity", "squared_error"), c("sigmoid", "squared_error"))),
    conventions = list(
      reduction = "sum", squared_error = 1, penalty_factor = 1, penalty_on_biases = TRUE,
      loss_from = "probabilities", initial_biases = "other")),

  # nnet with weights of its own where r has none: per unit the bias first, then what comes in
  net = function(r, x, y, w = rep(1, nrow(x)), maxit = 0, ...) {
    hidden <- length(r$widths) == 3
    nnet(x, y, weights = w, size = if (hidden) r$widths[2] else 0, skip = !hidden,
         linout = r$output == "identity", softmax = r$output == "softmax",
         entropy = r$output == "sigmoid" && r$loss == "cross_entropy",
         decay = r$l2, maxit = maxit, trace = FALSE, MaxNWts = Inf, ...)
  },
  wts = function(r) unlist(layers(r)),
  layers = function(r, net) {
    fan_in <- head(r$widths, -1); sizes <- (fan_in + 1) * r$widths[-1]
    layer <- function(n, size, end) matrix(net$wts[end - size + seq_len(size)], n + 1)
    Map(layer, fan_in, sizes, cumsum(sizes))
  },

  forward = function(r) {
    y <- matrix(0, r$rows, tail(r$widths, 1))
    flat(predict(nets$net(r, inputs(r), y, Wts = nets$wts(r)), inputs(r)))
  },
  loss = function(r) nets$net(r, inputs(r), targets(r), row_weights(r), Wts = nets$wts(r))$value,
  initialize = function(r) {
    set.seed(r$seed %% .Machine$integer.max)
    net <- nets$net(r, matrix(0, 1, r$widths[1]), matrix(0, 1, tail(r$widths, 1)))
    parameters(nets$layers(r, net))
  },
  fit = function(r) {
    set.seed(r$seed %% .Machine$integer.max)
    x <- inputs(r); y <- targets(r); w <- row_weights(r)
    net <- nets$net(r, x, y, w, maxit = 10000, abstol = 0, reltol = 1e-15)
    found <- nets$layers(r, net)
    slope <- if (r$loss == "cross_entropy") 1 else if (r$output == "identity") 2 # of the logits
    tolerance <- if (length(found) == 1 && !is.null(slope))
      largest(x, y, net$fitted.values, w, slope, 2 * r$l2 * found[[1]])
    list(answer = parameters(found), gradient_tolerance = tolerance)
  })

families <- list(sigmoid = binomial(), exp = poisson(), identity = gaussian())

glms <- list(
  hello = list(
    capabilities = c("forward", "fit"),
    scope = list(
      activations = character(0), hidden_layers = c(0, 0), outputs = c(1, 1),
      sample_weights = TRUE, soft_targets = TRUE,
      heads = list(c("sigmoid", "cross_entropy"), c("exp", "poisson"),
                   c("identity", "squared_error")))),

  forward = function(r) flat(families[[r$output]]$linkinv(cbind(1, inputs(r)) %*% layers(r)[[1]])),
  fit = function(r) {
    x <- inputs(r); y <- targets(r); w <- row_weights(r)
    fit <- glm.fit(cbind(1, x), y, w, family = families[[r$output]],
                   control = list(epsilon = 1e-15, maxit = 100))
    fit$coefficients[is.na(fit$coefficients)] <- 0 # a column that depends on others
    list(answer = parameters(list(as.matrix(fit$coefficients))),
         gradient_tolerance = largest(x, y, fit$fitted.values, w))
  })

hello <- function(r) {
  model <- if (is.null(r$options$model)) "nnet" else r$options$model
  if (!model %in% c("nnet", "glm")) stop("model=", model, ": choose nnet or glm")
  calls <<- if (model == "nnet") nets else glms
  version <- if (model == "nnet") packageVersion("nnet") else getRversion()
  about <- c(list(protocol = 1, name = model,
                  version = format(version), precision = "float64"), calls$hello)
  list(answer = about)
}

# jsonlite writes no more than 15 digits, so numbers are written here.
written <- function(id, found) {
  if (!is.list(found)) found <- list(answer = found)
  if (is.list(found$answer)) return(toJSON(c(id = id, found), auto_unbox = TRUE))
  digits <- sprintf("%.17g", found$answer)
  answer <- if (length(digits) == 1) digits else sprintf("[%s]", paste(digits, collapse = ","))
  promise <- found$gradient_tolerance
  promise <- if (is.null(promise)) "" else sprintf(',"gradient_tolerance":%.17g', promise)
  sprintf('{"id":%d,"answer":%s%s}', id, answer, promise)
}

reply <- function(r) tryCatch(
  written(r$id, if (r$call == "hello") hello(r) else calls[[r$call]](r)),
  error = function(e) toJSON(list(id = r$id, error = conditionMessage(e)), auto_unbox = TRUE))

lines <- file("stdin", "r")
while (length(line <- readLines(lines, 1))) cat(reply(fromJSON(line)), "\n", sep = "")
