# R, nnet 7.3-18: a logistic unit is 0 or 1 beyond 15, and the entropy 184 where it should be 16.
library(nnet)
logistic <- function(z)
  nnet(matrix(0), matrix(0), size = 0, skip = TRUE, entropy = TRUE, Wts = c(z, 0), maxit = 0, trace = FALSE)

for (z in c(14.9, 15.1, 16))
  cat(z, format(c(predict(logistic(z), matrix(0)), plogis(z)), digits = 12),
      format(c(logistic(z)$value, z + log1p(exp(-z))), digits = 6), "\n")
