"""The built-in adapters, one implementation each; imported only when asked for."""
