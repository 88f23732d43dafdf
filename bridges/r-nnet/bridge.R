# R's nnet and glm.fit over standard input and output, by docs/protocol.md: Rscript bridge.R
#
# nnet has one hidden layer of logistic units, or none, and is judged where it is put: with maxit = 0
# its `value` is the loss at the given weights. The loss is a sum, squares are not halved, and the
# decay is of all parameters. glm.fit (--option model=glm) is its predictions and its fit. Neither
# shows a gradient, and what the stop of a fit promises of one is not said.

suppressPackageStartupMessages({ library(nnet); library(jsonlite) })

HEADS <- list(nnet = list(c("sigmoid", "cross_entropy"), c("softmax", "cross_entropy"),
                          c("identity", "squared_error"), c("sigmoid", "squared_error")),
              glm = list(c("sigmoid", "cross_entropy"), c("identity", "squared_error"),
                         c("exp", "poisson")))
FAMILIES <- list(sigmoid = binomial, identity = gaussian, exp = poisson)

matrix_of <- function(list, rows) matrix(list, nrow = rows, byrow = TRUE)
flat <- function(m) as.vector(t(m))

# per unit nnet has the bias, then the weights
to_nnet <- function(q) {
  found <- c(); start <- 0
  for (l in seq_len(length(q$widths) - 1)) {
    inside <- q$widths[l]; out <- q$widths[l + 1]
    weights <- matrix_of(q$parameters[start + seq_len(inside * out)], inside)
    start <- start + inside * out
    found <- c(found, as.vector(rbind(q$parameters[start + seq_len(out)], weights)))
    start <- start + out
  }
  found
}

from_nnet <- function(widths, wts) {
  found <- c(); start <- 0
  for (l in seq_len(length(widths) - 1)) {
    units <- matrix(wts[start + seq_len((widths[l] + 1) * widths[l + 1])], nrow = widths[l] + 1)
    start <- start + length(units)
    found <- c(found, flat(units[-1, , drop = FALSE]), units[1, ])
  }
  found
}

made <- function(q, targets, ...) {
  hidden <- length(q$widths) == 3
  weights <- if (is.null(q$sample_weights)) rep(1, q$rows) else q$sample_weights
  nnet(matrix_of(q$inputs, q$rows), targets, weights = weights, size = if (hidden) q$widths[2] else 0,
       skip = !hidden, linout = q$output == "identity", softmax = q$output == "softmax",
       entropy = q$output == "sigmoid" && q$loss == "cross_entropy", decay = q$l2, trace = FALSE,
       MaxNWts = 1e6, ...)
}

NNET <- list(
  forward = function(q) {
    net <- made(q, matrix(0, q$rows, tail(q$widths, 1)), Wts = to_nnet(q), maxit = 0)
    flat(predict(net, matrix_of(q$inputs, q$rows)))
  },
  loss = function(q) made(q, matrix_of(q$targets, q$rows), Wts = to_nnet(q), maxit = 0)$value,
  fit = function(q) {
    set.seed(q$seed)
    from_nnet(q$widths, made(q, matrix_of(q$targets, q$rows), maxit = 1000)$wts)
  }
)

GLM <- list(
  forward = function(q) {
    eta <- cbind(matrix_of(q$inputs, q$rows), 1) %*% q$parameters
    as.vector(FAMILIES[[q$output]]()$linkinv(eta))
  },
  fit = function(q) {
    weights <- if (is.null(q$sample_weights)) rep(1, q$rows) else q$sample_weights
    found <- suppressWarnings(glm.fit(cbind(matrix_of(q$inputs, q$rows), 1), q$targets, weights,
                                      family = FAMILIES[[q$output]]()))
    if (!found$converged || found$boundary || anyNA(found$coefficients)) stop("unsupported: no fit")
    found$coefficients
  }
)

hello <- function(q) {
  model <- if (is.null(q$options$model)) "nnet" else q$options$model
  if (!model %in% names(HEADS)) stop("model=", model, ": choose nnet or glm")
  CALLS <<- if (model == "nnet") NNET else GLM
  nnet <- model == "nnet"
  told <- list(
    protocol = 1, name = model, version = as.character(if (nnet) packageVersion("nnet") else getRversion()),
    capabilities = names(CALLS),
    scope = list(
      activations = if (nnet) "sigmoid" else character(0), heads = HEADS[[model]],
      hidden_layers = c(0, if (nnet) 1 else 0), outputs = if (nnet) c(1, 50) else c(1, 1),
      widths = c(1, 200), l2 = nnet, sample_weights = TRUE),
    conventions = if (nnet) list(
      reduction = "sum", squared_error = 1, penalty_factor = 1, penalty_on_biases = TRUE,
      loss_from = "probabilities") else list(reduction = "sum"))
  one <- c("protocol", "name", "version")
  told[one] <- lapply(told[one], unbox)
  told$scope[c("l2", "sample_weights")] <- lapply(told$scope[c("l2", "sample_weights")], unbox)
  told$conventions <- lapply(told$conventions, unbox)
  toJSON(told)
}

answer <- function(q) {
  if (q$call == "hello") return(paste0('"answer":', hello(q)))
  numbers <- paste(sprintf("%.17g", CALLS[[q$call]](q)), collapse = ",") # jsonlite writes 15 digits
  paste0('"answer":', if (q$call == "loss") numbers else paste0("[", numbers, "]"))
}

requests <- file("stdin", "r")
while (length(line <- readLines(requests, n = 1)) > 0) {
  q <- fromJSON(line)
  said <- tryCatch(answer(q), error = function(e) {
    words <- gsub('["\\\\\n]', "'", conditionMessage(e))
    kind <- if (startsWith(words, "unsupported")) "unsupported" else "error"
    sprintf('"%s":"%s"', kind, words)
  })
  cat(sprintf('{"id":%d,%s}\n', q$id, said))
}
