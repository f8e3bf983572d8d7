### When the operator's system is silent and the last figures are known.

failing-last-known = The operator’s system is not answering. This is what was known as of { $at }:
failing-changed = The figures may have changed since then. Please try again in a couple of minutes. Code: { $code }
