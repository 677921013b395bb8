"""How much work a call is, counted and never timed: a machine under load is as good as an idle one."""

import cProfile


def calls_of(function, *args, **kwargs):
    """Return what a function returns, and how many functions of Python and of C were called on the way."""
    profile = cProfile.Profile()
    result = profile.runcall(function, *args, **kwargs)
    return result, sum(entry.callcount for entry in profile.getstats())
