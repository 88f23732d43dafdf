# nnet 7.3-18 cuts its sigmoid off: beyond 15 it is 1, below -15 it is 0.
library(nnet)
output <- function(z) {
  net <- nnet(matrix(1), matrix(0), size = 0, skip = TRUE, entropy = TRUE, maxit = 0,
              Wts = c(0, z), trace = FALSE)
  predict(net, matrix(1))[1]
}
cat(sprintf("%.17g is %.17g\n", output(14.9), plogis(14.9)))
cat(sprintf("%.17g is %.17g\n", output(15.1), plogis(15.1)))
