import torch

from atelier_ml.training.config import RunConfig
from atelier_ml.training.pool import build_pool, draw_examples, padded, pool_key


def test_padding():
    ids, lengths = padded([[5, 1], [7, 8, 1]], 4)
    assert ids.tolist() == [[5, 1, 0, 0], [7, 8, 1, 0]] and lengths.tolist() == [2, 3]


def test_training_may_draw_another_world_than_tests():
    raw = RunConfig.load('nano').raw
    raw = raw | {'training': raw['training'] | {'world': {'fills': {'dotted': 1}}, 'mixture': {'create': 1}}}
    config = RunConfig.from_json(raw)

    def fills(split):
        rows = draw_examples(config, 60, split)['create']
        return {thing.fill for example in rows for thing in example.target.scene.things}

    # Where a pattern would hide a thing, or most colours, it stays plain.
    assert 'striped' not in fills('train') and 'striped' in fills('test')
    assert config.world.fills['plain'] == 0.8 and config.training_world.sizes == config.world.sizes


def test_an_older_pool_file_is_read(tmp_path, pool) -> None:
    config, path = RunConfig.load('nano'), tmp_path / 'pool.pt'
    rows = {group: [vars(bucket) for bucket in own] for group, own in pool.buckets.items()}
    tensors = {'latents': pool.latents, 'labels': pool.labels, 'masks': pool.masks}
    torch.save({'key': pool_key(config, 0.5), **tensors, 'shelves': rows}, path)
    # Nothing has to be drawn or encoded.
    read = build_pool(config, None, 0.5, None, None, path)
    assert [*read.buckets] == [*pool.buckets] and len(read) == len(pool)
    assert torch.equal(read.buckets['layer'][0].texts, pool.buckets['layer'][0].texts)
