"""Draw hands that show 0 to 5 fingers, as a stand-in for photographs.

A hand is a skeleton in three dimensions (wrist, knuckles, three bones a finger) posed by joint
angles, dressed in tapered capsules, and looked at along the z axis. Every capsule is intersected
with the lines of sight in closed form; the nearest surface wins, so that fingers hide and
foreshorten one another as they should. Light, skin, wall and shadow follow from the depth map.

Lengths are in units of a hand (wrist to tip of the middle finger), x to the thumb, y to the
fingers, z to the viewer, who sees the palm.
"""

from collections.abc import Iterable

import numpy as np

SIZE = 64  # the pictures, in pixels
_FINE = 128  # drawn at twice the size, then averaged: smooth edges

# Bases of the index, middle, ring and little finger, their bones, and their radii at the joints.
_KNUCKLES = np.array(
    [[0.145, 0.50, 0.0], [0.045, 0.53, 0.0], [-0.055, 0.505, 0.0], [-0.145, 0.45, 0.0]]
)
_BONES = np.array(
    [[0.225, 0.125, 0.10], [0.245, 0.145, 0.105], [0.225, 0.135, 0.105], [0.17, 0.095, 0.09]]
)
_RADII = np.array(
    [
        [0.055, 0.050, 0.046, 0.040],
        [0.056, 0.051, 0.047, 0.041],
        [0.053, 0.048, 0.044, 0.039],
        [0.047, 0.042, 0.038, 0.034],
    ]
)
_SPREAD = np.radians([9.0, 1.0, -8.0, -18.0])

_RAISED = {0: (), 1: (0,), 2: (0, 1), 3: (0, 1), 4: (0, 1, 2, 3), 5: (0, 1, 2, 3)}


def draw_hand(fingers: int, rng: np.random.Generator) -> np.ndarray:
    """Draw one hand.

    Args:
        fingers: How many fingers it shows, 0 to 5.
        rng: A NumPy random generator, which decides everything else.

    Returns:
        uint8 array (64, 64, 3).

    Example:
        >>> draw_hand(3, np.random.default_rng(0)).shape
        (64, 64, 3)
    """
    return draw_hands([fingers], rng)[0]


def draw_hands(labels: Iterable[int], rng: np.random.Generator) -> np.ndarray:
    """Draw one hand per label: other pose, skin, light, wall and place each time.

    Args:
        labels: Integers 0 to 5, (n,). 0 is a ring of thumb and fingers; 1 the index finger; 2
            index and middle; 3 thumb, index and middle; 4 four fingers, thumb folded; 5 all.
        rng: A NumPy random generator; the same state draws the same pictures.

    Returns:
        uint8 array (n, 64, 64, 3).

    Raises:
        ValueError: A label outside 0 to 5.

    Example:
        >>> a, b = (draw_hands([0, 5], np.random.default_rng(1)) for _ in range(2))
        >>> bool((a == b).all())
        True
    """
    labels = [int(v) for v in labels]
    wrong = [v for v in labels if v not in _RAISED]
    if wrong:
        raise ValueError(f"cannot draw a hand showing {wrong[0]} fingers; expected 0 to 5.")
    pictures = np.empty((len(labels), SIZE, SIZE, 3), np.uint8)
    for start in range(0, len(labels), 64):  # in groups, so that memory stays small
        group = labels[start : start + 64]
        maps = [_depth_map(_scene(v, rng)) for v in group]
        depth, crease = (np.stack(m) for m in zip(*maps, strict=True))
        pictures[start : start + 64] = _photograph(depth, crease, rng)
    return pictures


# --- posing ----------------------------------------------------------------------------------


def _finger(base, bones, spread, bends):
    """Joints of a finger: (4, 3). Bends add up along it and turn it toward the viewer."""
    along = np.array([np.sin(spread), np.cos(spread), 0.0])
    joints, turned = [base], 0.0
    for bone, bend in zip(bones, bends, strict=True):
        turned += bend
        direction = np.cos(turned) * along + np.array([0.0, 0.0, np.sin(turned)])
        joints.append(joints[-1] + bone * direction)
    return np.array(joints)


def _scene(label, rng):
    """Capsules of one posed hand in fine pixels: (n, 9): two ends, two radii, its kind."""
    u, n = rng.uniform, rng.normal
    knuckles = _KNUCKLES * [u(0.88, 1.1), 1.0, 1.0] + n(0, 0.006, (4, 3))
    bones = _BONES * u(0.86, 1.1) * (1 + n(0, 0.03, (4, 3)))
    radii = _RADII * u(0.85, 1.12)
    raised = _RAISED[label]

    # Bends of straight, of folded and of ring fingers, in degrees.
    tilt = np.abs(n(0, 10)) * (u() < 0.5)
    spread_by = u(-0.1, 2.0) if u() < 0.72 else u(-0.35, 0.2)
    curl = np.abs(n(0, 16)) if u() < 0.12 else 0.0
    lazy = rng.integers(4) if u() < 0.08 else None  # one finger bent more than the others
    fold = np.array([u(62, 92), u(88, 112), u(35, 70)])
    ring = np.array([u(45, 72), u(62, 90), u(25, 50)])
    fingers = []
    for i in range(4):
        if i in raised:
            bent = curl + (u(10, 40) if i == lazy else 0)
            bends = np.array([tilt + n(0, 4), bent + abs(n(0, 6)), bent * 0.7 + abs(n(0, 4))])
            spread = _SPREAD[i] * spread_by + np.radians(n(0, 2.5))
            if label in (2, 3):  # two fingers alone open like scissors
                spread = np.radians([u(0.2, 1.0), -u(0.2, 1.0)][i] * 16 * max(spread_by, -0.15))
        elif label == 0:
            bends = ring + [i * u(-7, 3), n(0, 5), n(0, 4)]
            spread = _SPREAD[i] * u(-0.1, 0.5)
        else:
            bends = fold + [n(0, 6), n(0, 5), n(0, 6)]
            spread = _SPREAD[i] * u(-0.3, 0.3)
            if label == 3 and u() < 0.5:  # without the thumb to hold them, they fold less
                bends = bends * [u(0.7, 1.0), u(0.8, 1.0), 1.0]
        fingers.append(_finger(knuckles[i], bones[i], spread, np.radians(bends)))

    thumb = _thumb(label, fingers, rng)
    parts = []

    def add(points, radius, kind):
        for a, b, r, s in zip(points[:-1], points[1:], radius[:-1], radius[1:], strict=True):
            parts.append((*a, *b, r, s, kind))

    # The palm (kind 0) melts into one surface; bones of fingers (kind 1) stay apart.
    wrist = np.array(
        [[0.075, 0.03, 0.0], [0.03, 0.0, 0.0], [-0.025, 0.0, 0.0], [-0.075, 0.03, 0.0]]
    )
    thick = u(0.062, 0.08)
    for i in range(4):
        add([wrist[i], knuckles[i] - [0, 0.02, 0.012]], [thick, 0.056], 0)
    add([[0.09, 0.08, 0.02], thumb[1] * 0.85 + thumb[0] * 0.15], [0.088, 0.062], 0)
    add([[-0.085, 0.09, 0.02], [-0.115, 0.34, 0.012]], [0.078, 0.062], 0)
    bend, lean = np.radians(n(0, 14)), np.radians(n(0, 14))
    arm = np.array([np.sin(bend), -np.cos(bend), np.sin(lean)])
    wide = u(0.9, 1.12)
    for side in (-0.048, 0.048):
        start = np.array([side, -0.01, 0.0])
        add(
            [start, start + 0.35 * arm, start + 2.2 * arm + [2.2 * side, 0, 0]],
            np.array([0.082, 0.1, 0.17]) * wide,
            0,
        )
    for joints, radius in zip(fingers, radii, strict=True):
        add(joints, radius, 1)
    girth = u(0.88, 1.1)
    add(thumb, np.array([0.075, 0.062, 0.056, 0.042]) * girth, 1)
    parts = np.array(parts)
    return _place(parts, label, rng)


def _thumb(label, fingers, rng):
    """Joints of the thumb: (4, 3)."""
    u, n = rng.uniform, rng.normal
    root = np.array([0.10, 0.09, 0.03]) + n(0, 0.008, 3)
    if label in (3, 5):  # out to the side
        angle = np.radians(u(20, 68))
        rise = u(-0.05, 0.5)
        joints = [root]
        for bone, turn in zip((0.20, 0.155, 0.12), (0, n(-6, 9), n(-8, 12)), strict=True):
            angle = angle + np.radians(turn)
            d = np.array([np.sin(angle), np.cos(angle), rise])
            joints.append(joints[-1] + bone * d / np.linalg.norm(d))
        return np.array(joints)
    if label == 4:  # across the palm
        drop = u(-0.07, 0.05)
        reach = u(-0.05, 0.07)
        middle = [0.155, 0.27 + drop * 0.5, 0.09]
        bent, tip = [0.055 + reach, 0.35 + drop, 0.13], [reach - 0.05, 0.375 + drop, 0.11]
        joints = [root, middle, bent, tip]
    elif label == 0:  # opposite the fingers, meeting their tips
        tip = fingers[0][3] + (fingers[1][3] - fingers[0][3]) * u(-0.1, 0.6)
        tip = tip + np.array([0.01, -0.04, 0.025]) + n(0, 0.012, 3)
        middle = np.array([0.135, 0.26, 0.09]) + n(0, 0.015, 3)
        bulge = np.array([0.02, -0.03, 0.055]) * u(0.4, 1.2)
        joints = [root, middle, middle + 0.55 * (tip - middle) + bulge, tip]
    else:  # holding the folded fingers down
        held = fingers[2] if u() < 0.55 or label == 2 else fingers[1]
        tip = (held[1] + held[2]) / 2 + [u(-0.02, 0.06), u(-0.06, 0.03), 0.075]
        middle = np.array([0.155, 0.24, 0.13]) + n(0, 0.015, 3)
        bent = 0.45 * middle + 0.55 * tip + [0.02, 0.035, 0.02]
        joints = [root, middle, bent, tip]
    return np.array(joints, float) + np.vstack([np.zeros(3), n(0, 0.008, (3, 3))])


def _turn(axis, angle):
    c, s = np.cos(angle), np.sin(angle)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    return matrix


def _place(parts, label, rng):
    """Turn the hand, put it somewhere in the picture, and convert to fine pixels."""
    u, n = rng.uniform, rng.normal
    if label == 0:  # from where one sees through the ring
        yaw, pitch = np.radians(-u(25, 100)), np.radians(n(0, 14))
    else:
        yaw, pitch = np.radians(np.clip(n(0, 21), -45, 45)), np.radians(n(0, 13))
    roll = np.radians(n(0, 20) if u() < 0.75 else u(-80, 80))
    matrix = _turn(2, roll) @ _turn(0, pitch) @ _turn(1, yaw)
    if u() < 0.5:  # the other hand
        matrix = np.diag([-1.0, 1.0, 1.0]) @ matrix
    a, b = parts[:, :3] @ matrix.T, parts[:, 3:6] @ matrix.T
    hand = np.concatenate([a[parts[:, 8] == 1], b[parts[:, 8] == 1], np.zeros((1, 3))])
    low, high = hand[:, :2].min(0) - 0.05, hand[:, :2].max(0) + 0.05
    extent = high - low
    scale = u(0.5, 1.08) * _FINE / extent.max()
    # One length for all: a ring or fist is a smaller thing than an open hand.
    scale = min(scale, _FINE * u(0.62, 1.05))
    room = np.maximum(_FINE - scale * extent, 0.12 * _FINE)
    spot = np.clip(rng.normal(0.5, 0.22, 2), -0.08, 1.08)
    corner = (_FINE - scale * extent - room) / 2 + spot * room
    shift = corner - scale * low
    parts = parts.copy()
    parts[:, :3] = a * scale
    parts[:, 3:6] = b * scale
    parts[:, 6:8] *= scale
    parts[:, [0, 3]] += shift[0]
    parts[:, [1, 4]] += shift[1]
    parts[:, [1, 4]] = _FINE - parts[:, [1, 4]]  # rows of a picture count downward
    return parts


# --- seeing ----------------------------------------------------------------------------------


def _depth_map(parts):
    """Height of the nearest surface in fine pixels, -inf where there is the wall; and creases.

    A tapered capsule is the union of spheres with centers a + t d and radii r + t e, 0 <= t <= 1.
    On the line of sight through (x, y) the outermost sphere is at t = (q·d + r e) / K with
    K = d·d - e e and q = (x, y, z) - a, which leaves a quadratic equation for z.
    """
    far = -1e4
    depth = np.full((_FINE, _FINE), far, np.float32)
    melted = np.zeros((_FINE, _FINE), np.float32)
    crease = np.zeros((_FINE, _FINE), np.float32)
    soft = np.float32(max(parts[0, 6] * 0.35, 0.5))
    for part in parts[np.argsort(parts[:, 8], kind="stable")]:
        a, b, r, s, kind = part[:3], part[3:6], part[6], part[7], part[8]
        x0 = int(max(min(a[0] - r, b[0] - s), 0))
        x1 = int(min(max(a[0] + r, b[0] + s) + 2, _FINE))
        y0 = int(max(min(a[1] - r, b[1] - s), 0))
        y1 = int(min(max(a[1] + r, b[1] + s) + 2, _FINE))
        if x1 <= x0 or y1 <= y0:
            continue
        d, e = b - a, s - r
        x = (np.arange(x0, x1, dtype=np.float32) + np.float32(0.5 - a[0]))[None]
        y = (np.arange(y0, y1, dtype=np.float32) + np.float32(0.5 - a[1]))[:, None]
        square = x * x + y * y
        first = np.float32(r * r) - square
        second = np.float32(s * s) - ((x - np.float32(d[0])) ** 2 + (y - np.float32(d[1])) ** 2)
        z = np.where(first > 0, np.sqrt(np.maximum(first, 0)), far)
        ends = np.where(second > 0, np.sqrt(np.maximum(second, 0)) + np.float32(d[2]), far)
        z = np.maximum(z, ends)
        k = d @ d - e * e
        quadratic = 1 - d[2] ** 2 / k if k > 0 else 0
        line = np.ones_like(z)
        if quadratic > 1e-6:
            w = x * np.float32(d[0]) + y * np.float32(d[1]) + np.float32(r * e)
            half = w * np.float32(d[2] / k)
            disc = half * half - np.float32(quadratic) * (-first - w * w / np.float32(k))
            body = (half + np.sqrt(np.maximum(disc, 0))) / np.float32(quadratic)
            t = (w + body * np.float32(d[2])) / np.float32(k)
            z = np.maximum(z, np.where((disc > 0) & (t > 0) & (t < 1), body, far))
            line = np.clip(t, 0, 1)
        z = z + np.float32(a[2])
        box = (slice(y0, y1), slice(x0, x1))
        if kind == 0:  # a smooth maximum: log of a sum of exponentials
            melted[box] += np.where(z > far / 2, np.exp(np.clip(z / soft, -60, 60)), 0)
            continue
        if melted is not None:
            depth = np.where(melted > 0, soft * np.log(np.maximum(melted, 1e-30)), far)
            depth = depth.astype(np.float32)
            melted = None
        front = z > depth[box]
        depth[box][front] = z[front]
        crease[box][front] = (np.abs(2 * line - 1) ** 6)[front]
    return depth, crease


def _blur_matrix(size, sigma, shift=0.0):
    """(…, size, size): multiplied from the left it blurs columns by sigma, moved by shift."""
    sigma, shift = np.asarray(sigma, float), np.asarray(shift, float)
    i = np.arange(size)
    apart = i[:, None] - i[None] - shift[..., None, None]
    weights = np.exp(-0.5 * (apart / sigma[..., None, None]) ** 2)
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


def _blur(maps, sigma, dx=0.0, dy=0.0):
    """Gaussian blur of (n, size, size) maps, moved by (dx, dy) pixels."""
    size = maps.shape[-1]
    down, across = _blur_matrix(size, sigma, dy), _blur_matrix(size, sigma, dx)
    return down @ maps @ np.swapaxes(across, -1, -2)


def _halve(maps):
    return (maps[:, ::2, ::2] + maps[:, 1::2, ::2] + maps[:, ::2, 1::2] + maps[:, 1::2, 1::2]) / 4


def _photograph(depth, crease, rng):
    """Light, color and wall: uint8 (n, 64, 64, 3) from depth and creases (n, 128, 128)."""
    count = len(depth)

    def u(low, high, *shape):
        return rng.uniform(low, high, (count, *(shape or (1, 1)))).astype(np.float32)

    def n(*shape):
        return rng.standard_normal((count, *shape), np.float32)

    # From twice the size to the size of the picture; depth in pixels of the picture.
    fine = (depth > -5e3).astype(np.float32)
    covered = _halve(fine)
    share = np.maximum(covered, 1e-3)
    z = _halve(np.where(fine > 0, depth, 0)) / share / 2
    crease = _halve(crease * fine) / share
    mask = (covered > 0).astype(np.float32)

    # Slopes come from a slightly blurred surface: skin has no sharp edges.
    near = _blur(covered, np.float32(0.55))
    smooth = np.where(mask > 0, _blur(z * covered, np.float32(0.55)) / np.maximum(near, 1e-3), 0)
    dx = np.clip(np.gradient(smooth, axis=2), -2.5, 2.5) * mask
    dy = np.clip(np.gradient(smooth, axis=1), -2.5, 2.5) * mask
    length = np.sqrt(1 + dx * dx + dy * dy)
    around, side = u(-np.pi, np.pi), u(0.15, 0.8)
    lx, ly, lz = side * np.cos(around), -np.abs(side * np.sin(around)) - 0.3, u(0.35, 0.9)
    norm = np.sqrt(lx * lx + ly * ly + lz * lz)
    lx, ly, lz = lx / norm, ly / norm, lz / norm
    lit = np.clip((-dx * lx - dy * ly + lz) / length * 0.75 + 0.25, 0, 1)

    # What lies lower than its surroundings gets less light from everywhere.
    wide = np.float32(2.2)
    level = _blur(z * covered, wide) / np.maximum(_blur(covered, wide), 0.02)
    hollow = np.clip((level - z) / 3.5, 0, 1) * mask
    # What has something higher between itself and the lamp lies in its shadow.
    shade = np.zeros_like(z)
    index, rows = np.arange(SIZE), np.arange(count)[:, None, None]
    for step in (1.5, 3, 5, 8):
        ix = np.clip(np.rint(index[None, None, :] + step * lx / lz), 0, SIZE - 1).astype(int)
        iy = np.clip(np.rint(index[None, :, None] + step * ly / lz), 0, SIZE - 1).astype(int)
        higher = np.where(mask[rows, iy, ix] > 0, z[rows, iy, ix], -1e3) - z - step
        shade = np.maximum(shade, np.clip(higher / 2, 0, 1) * mask)
    shade = _blur(shade, np.float32(0.6))

    tone = u(0.2, 0.45) + u(0.5, 0.75) * lit
    tone = tone * (1 - u(0.4, 0.8) * hollow) * (1 - u(0.2, 0.55) * shade)
    tone = tone * (1 - u(0.0, 0.22) * crease)
    texture = _blur(n(SIZE, SIZE), np.float32(0.9)) * 2.5
    tone = np.clip(tone * (1 + u(0.0, 0.06) * texture), 0, 1.15)[..., None]

    # Skin goes from a dark, redder tone in the shade to a light one. Most pictures take the
    # tones of warm indoor light, some any tone that people have.
    bright = u(0, 1, 1, 1, 1)
    dark = np.float32([72, 42, 26]) + bright * np.float32([35, 30, 26]) + 4 * n(1, 1, 3)
    light = np.float32([176, 130, 103]) + bright * np.float32([34, 38, 40]) + 5 * n(1, 1, 3)
    deep = u(0, 1, 1, 1, 1) < 0.1
    dark = np.where(deep, dark * np.float32(0.6), dark)
    light = np.where(deep, light * u(0.5, 0.8, 1, 1, 1), light)
    skin = dark + (light - dark) * tone
    flush = u(0, 1, 1, 1, 1) * _blur(n(SIZE, SIZE), np.float32(3.5))[..., None] * 6
    skin = skin + flush * np.float32([9, -3, -5])

    wall = _wall(covered, rng).astype(np.float32)
    picture = wall + (skin - wall) * covered[..., None]

    # The camera: a lens that is not perfect, exposure, color balance, a sensor with grain.
    blur = _blur_matrix(SIZE, rng.uniform(0.3, 0.6, count))
    planes = np.moveaxis(picture, -1, 1)
    planes = blur[:, None] @ planes @ np.swapaxes(blur, -1, -2)[:, None]
    picture = np.moveaxis(planes, 1, -1)
    picture = picture * u(0.94, 1.04, 1, 1, 1) * (1 + np.float32(0.008) * n(1, 1, 3))
    picture = picture + n(SIZE, SIZE, 3) * u(0.3, 1.5, 1, 1, 1)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _wall(covered, rng):
    """A pale wall with uneven light, the soft shadow of the hand, and sometimes something dark."""
    count = len(covered)
    x = np.linspace(-1, 1, SIZE)[None, None, :, None]
    y = np.linspace(-1, 1, SIZE)[None, :, None, None]

    def n(mean, spread, *shape):
        return rng.normal(mean, spread, (count, 1, 1, *(shape or (1,))))

    base = np.array([224.0, 219, 210]) + n(0, 6) + n(0, 2, 3)
    across = n(0, 4) + n(0, 1, 3) + [-1.0, 0.5, 3.0] * np.abs(n(0, 1))
    wall = base + across * x - (np.abs(n(0, 8)) + [0.0, 0.5, 1.0]) * y
    wall = wall - np.abs(n(0, 5)) * (x**2 + y**2)
    # Two shadows: a wide faint one and a near, darker one.
    way = np.where(rng.uniform(size=count) < 0.5, -1.0, 1.0)
    shadow = np.zeros((count, SIZE, SIZE), np.float32)
    for blur, strength in ((rng.uniform(2, 4, count), 0.22), (rng.uniform(4, 9, count), 0.3)):
        dx = way * rng.uniform(0, 8, count)
        dy = rng.uniform(-1, 8, count)
        cast = _blur(covered, blur, dx, dy)
        shadow += cast * (rng.uniform(0, strength, count)[:, None, None])
    wall = wall * (1 - shadow[..., None] * [1.0, 0.97, 0.9])
    # Now and then the edge of a sleeve, a chair, another arm in a lower corner.
    for k in np.flatnonzero(rng.uniform(size=count) < 0.08):
        sign = rng.choice([-1, 1])
        slope, reach = rng.uniform(-0.5, 2.0), rng.uniform(0.05, 0.45)
        edge = sign * x[0] + slope * (y[0] - 1) - (1 - reach)
        amount = np.clip(edge * 20, 0, 1)
        thing = rng.choice([0, 1])
        color = np.array([[45.0, 45, 50], [205, 150, 125]][thing]) + rng.normal(0, 10, 3)
        wall[k] = wall[k] * (1 - amount) + color * amount
    return wall
