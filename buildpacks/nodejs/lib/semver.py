"""Versions and ranges as npm writes them (node-semver): `22.x`, `^20.1`, `>=18 <23`, `18 - 20`, `20 || 22`."""

import re

_VERSION = re.compile(r"^[v=\s]*(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$")
_PARTIAL = re.compile(
    r"^[v=\s]*(\d+|[xX*])(?:\.(\d+|[xX*])(?:\.(\d+|[xX*])(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)?)?$"
)
_COMPARATOR = re.compile(r"^(<=|>=|<|>|=|\^|~>|~)?(.*)$")
# Sorts above every pre-release identifier: 1.0.0-rc.1 < 1.0.0.
_RELEASED = ((2, 0, ""),)


def parse(text):
    """The version as a tuple that sorts as semver orders, or None."""
    match = _VERSION.match(text.strip())
    if not match:
        return None
    return (int(match[1]), int(match[2]), int(match[3]), _prerelease(match[4]))


def satisfies(version, text):
    """Whether a parsed version lies in the range. Raises ValueError where the range is no range."""
    return any(_fits(version, alternative) for alternative in _parse_range(text))


def newest(versions, text):
    """The newest of the version strings that lies in the range, or None."""
    alternatives = _parse_range(text)
    fitting = [(v, s) for v, s in ((parse(s), s) for s in versions) if v and any(_fits(v, a) for a in alternatives)]
    return max(fitting)[1] if fitting else None


def _prerelease(text):
    if not text:
        return _RELEASED
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in text.split("."))


def _fits(version, comparators):
    if not all(_compare(version, operator, limit) for operator, limit in comparators):
        return False
    # A pre-release is only meant where the range names one of the same version.
    return version[3] == _RELEASED or any(
        limit[:3] == version[:3] and limit[3] not in (_RELEASED, ()) for _, limit in comparators
    )


def _compare(version, operator, limit):
    return {"<": version < limit, ">=": version >= limit, ">": version > limit, "<=": version <= limit}[operator]


def _parse_range(text):
    return [_parse_alternative(part.strip()) for part in text.split("||")]


def _parse_alternative(text):
    hyphen = re.match(r"^(\S+)\s+-\s+(\S+)$", text)
    if hyphen:
        return _expand(">=", hyphen[1]) + _expand("<=", hyphen[2])
    comparators = []
    for word in re.sub(r"(<=|>=|<|>|=|\^|~>|~)\s+", r"\1", text).split():
        operator, version = _COMPARATOR.match(word).groups()
        comparators += _expand(operator or "=", version)
    return comparators


def _expand(operator, text):
    """One comparator as `>=`, `>`, `<` and `<=` against full versions; an empty pre-release sorts below all others."""
    match = _PARTIAL.match(text) if text else None
    if text and not match:
        raise ValueError(text)
    numbers = []
    for group in match.groups()[:3] if match else ():
        if group is None or group in "xX*":
            break
        numbers.append(int(group))
    if not numbers:
        return [("<", (0, 0, 0, ()))] if operator in "<>" else []
    prerelease = match[4] if len(numbers) == 3 else None
    low = (*numbers, *[0] * (3 - len(numbers)), _prerelease(prerelease))
    after = _next(numbers, len(numbers) - 1)
    if operator == "^":
        kept = next((i for i, n in enumerate(numbers) if n), len(numbers) - 1)
        return [(">=", low), ("<", _next(numbers, kept))]
    if operator in ("~", "~>"):
        return [(">=", low), ("<", _next(numbers, min(1, len(numbers) - 1)))]
    if operator == "=":
        return [(">=", low), ("<=", low)] if len(numbers) == 3 else [(">=", low), ("<", after)]
    if len(numbers) == 3:
        return [(operator, low)]
    return {
        ">=": [(">=", low)],
        "<": [("<", low[:3] + ((),))],
        ">": [(">=", after[:3] + (_RELEASED,))],
        "<=": [("<", after)],
    }[operator]


def _next(numbers, index):
    raised = [*numbers[:index], numbers[index] + 1]
    return (*raised, *[0] * (3 - len(raised)), ())
