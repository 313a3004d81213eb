# -*- coding: utf-8 -*-
"""In a file of its own, since Python 2 cannot read it and never needs to."""


async def looked_at(awaitable, look):
    return look(await awaitable)
