# R's binomial() gives no probability above 1 - 2.2e-16 and none below 2.2e-16: beyond 30 it takes these.
cat(sprintf("%.17g is %.17g\n", binomial()$linkinv(31), plogis(31)))
cat(sprintf("%.17g is %.17g\n", binomial()$linkinv(-40), plogis(-40)))
