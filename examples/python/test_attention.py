"""Attention: products of results as matrices, class tokens and position embeddings."""

import torch
from torch import nn
from torch.nn import functional as F

from test_channels import drawn
from testing import Case, Of

WIDTH, HEADS = 12, 3


class Block(nn.Module):
    """A transformer's block, its attention as a function makes it of one projection."""

    def __init__(self, attend, bias=True):
        super().__init__()
        self.norm1, self.norm2 = drawn(nn.LayerNorm(WIDTH)), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH, bias=bias), nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 20), nn.GELU(), nn.Linear(20, WIDTH))
        self.attend = attend

    def forward(self, x):
        x = x + self.out(self.attend(self.qkv(self.norm1(x))))
        return x + self.mlp(self.norm2(x))


def heads(qkv):
    n, t, _ = qkv.shape
    return qkv.reshape(n, t, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4).unbind(0)


def written_out(qkv):
    q, k, v = heads(qkv)
    weights = (q @ k.transpose(-2, -1) * (WIDTH // HEADS) ** -0.5).softmax(dim=-1)
    return (weights @ v).transpose(1, 2).reshape(len(qkv), -1, WIDTH)


def by_function(qkv):
    q, k, v = heads(qkv)
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


def of_one_head(qkv):
    q, k, v = qkv.chunk(3, dim=-1)
    return torch.bmm(F.softmax(torch.matmul(q, k.mT) / WIDTH**0.5, -1), v)


def by_views(qkv):
    n, t, _ = qkv.size()
    q, k, v = (part.view(n, t, HEADS, -1).transpose(1, 2) for part in qkv.split(WIDTH, dim=2))
    weights = torch.softmax(torch.matmul(q, k.transpose(2, 3)), dim=-1)
    return torch.matmul(weights, v).permute(0, 2, 1, 3).contiguous().view(n, t, WIDTH)


class Vit(nn.Module):
    """A vision transformer, with a class token or the mean of all."""

    def __init__(self, block, by_class, channels=2):
        super().__init__()
        self.patches = nn.Conv2d(channels, WIDTH, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, WIDTH)) if by_class else None
        self.places = nn.Parameter(torch.randn(1, 6 + by_class, WIDTH))
        self.blocks, self.norm, self.head = block, nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        if self.token is not None:
            x = torch.cat([self.token.expand(len(x), -1, -1), x], dim=1)
        x = self.norm(self.blocks(x + self.places))
        return self.head(x.mean(dim=1) if self.token is None else x[:, 0])


class Attention(Case):
    def test_a_users_own_attention(self):
        for attend in (written_out, by_function, of_one_head, by_views):
            for by_class in (False, True):
                with self.subTest(attend.__name__, by_class=by_class):
                    torch.manual_seed(3)
                    blocks = nn.Sequential(Block(attend), Block(attend, bias=False))
                    layers = self.right(Vit(blocks, by_class), (2, 8, 12))
                    kinds = self.kinds(layers)
                    self.assertEqual((kinds.count("matmul"), kinds.count("softmax"), kinds.count("linear")), (4, 2, 1))
                    self.assertEqual(kinds.count("scale_elements"), 1)

    def test_multihead_attention(self):
        def attend(m, x):
            return m.attention(x, x, x, need_weights=False)[0]

        def crossed(m, x):
            y = m.norm(x)
            return x + m.attention(y, x, x)[0]

        for forward, options in ((attend, {}), (crossed, {}), (attend, {"bias": False})):
            parts = {"attention": nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, **options), "norm": drawn(nn.LayerNorm(WIDTH))}
            with torch.no_grad():
                for parameter in parts["attention"].parameters():
                    parameter.normal_()
            self.right(Vit(Of(forward, **parts), True), (2, 8, 12))
        encoder = nn.TransformerEncoderLayer(WIDTH, HEADS, 20, activation="gelu", batch_first=True, norm_first=True)
        self.right(Vit(encoder, False), (2, 8, 12))

    def test_attention_without_a_batch_dimension_of_heads(self):
        # Of places of an image, and of one product alone.
        module = Of(lambda m, x: (m.one(x).flatten(2).transpose(1, 2) @ m.two(x).flatten(2)).softmax(-1).mean(1),
                    one=nn.Conv2d(2, 4, 1), two=nn.Conv2d(2, 4, 1))
        self.assertEqual(self.kinds(self.right(module, (2, 3, 4))).count("matmul"), 1)

    def test_constants_that_differ_from_place_to_place(self):
        layers = self.right(Of(lambda m, x: (x * m.scale + m.shift).relu(), scale=torch.randn(1, 2, 3, 4), shift=torch.randn(2, 3, 4)),
                            (2, 3, 4))
        self.assertEqual(self.kinds(layers), ["scale_elements", "relu"])

    def test_refusals(self):
        def masked(m, x):
            return m.attention(x, x, x, attn_mask=torch.zeros(6, 6))[0]

        def weights(m, x):
            return m.attention(x, x, x)[1] @ x

        for forward, words in ((masked, "mask"), (weights, "need_weights=False")):
            attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
            self.refused(Vit(Of(forward, attention=attention), False), (2, 8, 12), "attention", words)
        first = Of(lambda m, x: m.attention(x, x, x)[0], attention=nn.MultiheadAttention(WIDTH, HEADS))
        self.refused(Vit(first, False), (2, 8, 12), "batch_first=True")
        self.refused(Of(lambda m, x: x @ x.transpose(2, 3)), (2, 3, 4), "takes results of shapes", "queries, keys and values")
