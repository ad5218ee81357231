"""Signed distance functions of all kinds of things.

Every function takes x, y (`[..., h, w]`, in units of the object's radius, y pointing down, the object inside −1..1)
and returns the distance to its outline in the same units, negative inside. Distances are exact near the outline.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Shape = Callable[[Tensor, Tensor], Tensor]


def disc(x: Tensor, y: Tensor, cx: float, cy: float, radius: float) -> Tensor:
    return torch.hypot(x - cx, y - cy) - radius


def box(x: Tensor, y: Tensor, cx: float, cy: float, half_width: float, half_height: float) -> Tensor:
    dx = (x - cx).abs() - half_width
    dy = (y - cy).abs() - half_height
    outside = torch.hypot(dx.clamp(min=0), dy.clamp(min=0))
    return outside + torch.maximum(dx, dy).clamp(max=0)


def polygon(x: Tensor, y: Tensor, points: Sequence[tuple[float, float]]) -> Tensor:
    """Any simple polygon: distance to the nearest edge, with the sign from the even-odd rule."""
    nearest = torch.full_like(x, math.inf)
    inside = torch.zeros_like(x, dtype=torch.bool)
    for (ax, ay), (bx, by) in zip(points, (*points[1:], points[0]), strict=True):
        ex, ey = bx - ax, by - ay
        along = (((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey)).clamp(0, 1)
        nearest = torch.minimum(nearest, torch.hypot(x - ax - along * ex, y - ay - along * ey))
        if ay != by:
            crosses = ((ay > y) != (by > y)) & (x < (y - ay) * (ex / ey) + ax)
            inside = inside ^ crosses
    return torch.where(inside, -nearest, nearest)


def union(*parts: Tensor) -> Tensor:
    result = parts[0]
    for part in parts[1:]:
        result = torch.minimum(result, part)
    return result


def without(whole: Tensor, *holes: Tensor) -> Tensor:
    for hole in holes:
        whole = torch.maximum(whole, -hole)
    return whole


def _star_points() -> list[tuple[float, float]]:
    points = []
    for corner in range(10):
        radius = 1.0 if corner % 2 == 0 else 0.42
        angle = math.pi * corner / 5
        points.append((radius * math.sin(angle), 0.06 - radius * math.cos(angle)))
    return points


def _heart_points() -> list[tuple[float, float]]:
    points = []
    for step in range(30):
        angle = 2 * math.pi * step / 30
        across = 16 * math.sin(angle) ** 3
        up = 13 * math.cos(angle) - 5 * math.cos(2 * angle) - 2 * math.cos(3 * angle) - math.cos(4 * angle)
        points.append((across / 17, -(up + 2.5) / 17))
    return points


_STAR = _star_points()
_HEART = _heart_points()


def circle(x: Tensor, y: Tensor) -> Tensor:
    return disc(x, y, 0, 0, 0.92)


def square(x: Tensor, y: Tensor) -> Tensor:
    return box(x, y, 0, 0, 0.82, 0.82)


def triangle(x: Tensor, y: Tensor) -> Tensor:
    return polygon(x, y, [(0, -0.92), (0.98, 0.8), (-0.98, 0.8)])


def star(x: Tensor, y: Tensor) -> Tensor:
    return polygon(x, y, _STAR)


def heart(x: Tensor, y: Tensor) -> Tensor:
    return polygon(x, y, _HEART)


def ring(x: Tensor, y: Tensor) -> Tensor:
    return (torch.hypot(x, y) - 0.68).abs() - 0.25


def cross(x: Tensor, y: Tensor) -> Tensor:
    return union(box(x, y, 0, 0, 0.92, 0.3), box(x, y, 0, 0, 0.3, 0.92))


def moon(x: Tensor, y: Tensor) -> Tensor:
    return without(disc(x, y, 0, 0, 0.95), disc(x, y, 0.45, -0.22, 0.78))


def house(x: Tensor, y: Tensor) -> Tensor:
    walls = box(x, y, 0, 0.42, 0.68, 0.5)
    roof = polygon(x, y, [(0, -0.95), (0.98, -0.02), (-0.98, -0.02)])
    return without(union(walls, roof), box(x, y, 0, 0.62, 0.2, 0.34))


def tree(x: Tensor, y: Tensor) -> Tensor:
    top = polygon(x, y, [(0, -0.98), (0.58, -0.1), (-0.58, -0.1)])
    bottom = polygon(x, y, [(0, -0.5), (0.84, 0.55), (-0.84, 0.55)])
    return union(top, bottom, box(x, y, 0, 0.72, 0.16, 0.25))


def flower(x: Tensor, y: Tensor) -> Tensor:
    petals = [
        disc(x, y, 0.55 * math.sin(2 * math.pi * k / 5), -0.55 * math.cos(2 * math.pi * k / 5), 0.4) for k in range(5)
    ]
    return without(union(disc(x, y, 0, 0, 0.42), *petals), disc(x, y, 0, 0, 0.22))


def fish(x: Tensor, y: Tensor) -> Tensor:
    body = (torch.hypot((x - 0.18) / 0.76, y / 0.52) - 1) * 0.52
    tail = polygon(x, y, [(-0.38, 0), (-0.98, -0.55), (-0.98, 0.55)])
    return without(union(body, tail), disc(x, y, 0.52, -0.12, 0.12))


def arrow(x: Tensor, y: Tensor) -> Tensor:
    head = polygon(x, y, [(0.95, 0), (0.1, -0.75), (0.1, 0.75)])
    return union(head, box(x, y, -0.4, 0, 0.52, 0.26))


def boat(x: Tensor, y: Tensor) -> Tensor:
    hull = polygon(x, y, [(-0.95, 0.3), (0.95, 0.3), (0.6, 0.85), (-0.6, 0.85)])
    sail = polygon(x, y, [(0.02, -0.95), (0.75, 0.16), (0.02, 0.16)])
    return union(hull, sail, box(x, y, -0.06, -0.3, 0.08, 0.64))


SHAPES: dict[str, Shape] = {
    'circle': circle,
    'square': square,
    'triangle': triangle,
    'star': star,
    'heart': heart,
    'ring': ring,
    'cross': cross,
    'moon': moon,
    'house': house,
    'tree': tree,
    'flower': flower,
    'fish': fish,
    'arrow': arrow,
    'boat': boat,
}
"""Kind → its distance function. The order defines the class indices."""
