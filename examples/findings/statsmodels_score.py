"""statsmodels 0.15.0: the score of a GLM with log link is wrong for means below 2.2e-16.

Each line prints the score and the difference quotient of the log-likelihood.
"""

import numpy as np
import statsmodels.api as sm

model = sm.GLM(np.array([5.0]), np.array([[1.0]]), family=sm.families.Poisson())
for b in (-36.0, -37.0):
    up, down = (model.loglike(np.array([b + h])) for h in (1e-4, -1e-4))
    print(model.score(np.array([b])), (up - down) / 2e-4)
# prints 5.0 and 5.0, then 13.01 and 5.0: the link's derivative is clipped, and the variance is not
