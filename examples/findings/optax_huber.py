"""optax 0.2.8: the gradient of huber_loss loses the digits of residuals far below delta."""

import jax
import optax

for delta in (1.0, 1e3, 1e6):
    slope = jax.grad(lambda residual, delta=delta: optax.huber_loss(residual, delta=delta))
    print(delta, slope(0.01))  # 0.01 is right: it is r^2 / 2 there
# prints 0.00999999, 0.01001 and 0.0: it is computed as (r - delta) + delta
