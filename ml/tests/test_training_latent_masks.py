import torch

from atelier_ml.training.latent_masks import latent_masks


def test_latent_masks_are_the_pipeline_s():
    marks = torch.zeros(4, 32, 32)
    marks[1, 4, 20] = 1  # under the centre of a latent pixel
    marks[2, 1, 9] = 1  # under none: the pixel that holds it
    marks[3, :16] = 1
    small = latent_masks(marks, 8)[:, 0]
    assert (small[0] == 1).all()
    assert small[1].nonzero().tolist() == [[0, 2]] and small[2].nonzero().tolist() == [[0, 1]]
    assert (small[3, :2] == 1).all() and (small[3, 2:] == 0).all()
