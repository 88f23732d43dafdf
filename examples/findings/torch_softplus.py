"""PyTorch 2.13.0: nn.Softplus gives z itself where z > 20, and leaves out log(1 + exp(-z))."""

import math

import torch

z = torch.tensor(20.5, dtype=torch.float64)
exact = z.item() + math.log1p(math.exp(-z.item()))
print(abs(torch.nn.Softplus()(z).item() / exact - 1))  # 6e-11, where float64 has 1e-16

# Its derivative multiplies by exp(z) before it divides by 1 + exp(z).
z = torch.tensor([17.0], requires_grad=True)
torch.nn.Softplus()(z).backward(torch.tensor([7e33]))
print(z.grad)  # inf, where 7e33 is right
