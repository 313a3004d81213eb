"""Puts two descriptors where a bootstrap looks for them, 3 and 4, and becomes that bootstrap."""
import os
import sys

given = [int(word) for word in sys.argv[1:3]]
# Out of the way first: one may be in the place of the other.
high = [os.dup(os.dup(os.dup(each))) for each in given]
os.dup2(high[0], 3)
os.dup2(high[1], 4)
os.closerange(5, max(high + given) + 1)
os.execv(sys.executable, [sys.executable, sys.argv[3]])
