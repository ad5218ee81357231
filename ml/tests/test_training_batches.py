import torch

from atelier_ml.training.batches import draw_batch
from atelier_ml.training.tokenizer import EOS, FIRST_NAME, PAD


def test_batches_have_one_layout_and_name_the_right_frame(pool):
    generator = torch.Generator().manual_seed(2)
    for _ in range(20):
        batch = draw_batch(pool, 'history', 24, 0.0, generator)
        conditions = batch.conditions.shape[1]
        assert batch.segment == (0, *range(1, conditions), 0)
        # Every text names its own frame.
        assert (batch.ids[:, 0, 0] == FIRST_NAME + conditions - 1).all()
        assert all((batch.ids[:, text, 0] == FIRST_NAME + text - 1).all() for text in range(1, conditions))
        # The last image is the one that is edited: the target has its mask.
        assert (batch.masks[:, 0] == 0).all() and (batch.masks[:, -1] == 0).all()
    assert draw_batch(pool, 'create', 8, 0.0, generator).conditions.shape == (8, 0, 16, 32)
    assert (draw_batch(pool, 'create', 8, 0.0, generator).masks == 1).all()


def test_turns_of_other_conversations_come_before_some_edits(pool):
    generator = torch.Generator().manual_seed(8)
    earlier = []
    for _ in range(80):
        batch = draw_batch(pool, 'layer', 4, 0.0, generator)
        before = batch.conditions.shape[1] - 2
        earlier.append(before)
        assert batch.current == 1 + before and batch.segment == (0, *range(1, before + 1), before + 1, 0)
        # The current unit's texts name its second image, wherever it stands; the mask is that of its first.
        assert (batch.ids[:, [0, -1], 0] == FIRST_NAME + before + 1).all() and (batch.masks[:, 0] == 1).all()
    assert 4 <= sum(before > 0 for before in earlier) <= 28 and max(earlier) >= 2


def test_of_two_images_guidance_empties_the_last_one_s_text_alone(pool):
    batch = draw_batch(pool, 'layer', 24, 1.0, torch.Generator().manual_seed(2))
    assert batch.segment == (0, 1, 0)
    assert (batch.ids[:, 0, 0] == EOS).all() and (batch.ids[:, 1, 0] == FIRST_NAME + 1).all()
    # The target has the mask of the first of them.
    assert (batch.masks[:, :2] == 1).all() and (batch.masks[:, 2] == 0).all()


def test_dropped_texts_are_the_end_alone(pool):
    batch = draw_batch(pool, 'history', 24, 1.0, torch.Generator().manual_seed(3))
    assert (batch.ids[:, 0, 0] == EOS).all() and (batch.ids[:, 0, 1:] == PAD).all() and (batch.lengths[:, 0] == 1).all()
    assert (batch.lengths[:, 1:] == 4).all()
