import torch

from atelier_ml.training import image_pool
from atelier_ml.training.machine import Machine
from atelier_ml.world.scene import Background, Scene
from atelier_ml.world.unit import UnitImage
from atelier_ml.world.view import View


def test_the_pool_of_images_is_drawn_on_the_device(monkeypatch):
    drawn = []

    def draw(items, side, device):
        drawn.append((len(items), device))
        return torch.zeros(len(items), 3, side, side)

    monkeypatch.setattr(image_pool, 'draw_images', draw)
    images = [UnitImage(View(Scene(Background())))] * 1500
    pool = image_pool.draw_image_pool(images, 4, Machine('cuda'))
    assert (pool == 128).all() and pool.device.type == 'cpu'
    assert drawn == [(1024, 'cuda'), (476, 'cuda')]
