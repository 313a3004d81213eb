# The persistent child of bare.mjs: one event a line on fd 3, one answer a line back.
import json
import os
import sys

sys.path.insert(0, sys.argv[1])
from index import main_handler

for line in os.fdopen(os.dup(3), "r", encoding="utf-8"):
    number, event = line.split(" ", 1)
    answer = json.dumps(main_handler(json.loads(event), {}), ensure_ascii=False)
    os.write(3, (number + " " + answer + "\n").encode("utf-8"))
