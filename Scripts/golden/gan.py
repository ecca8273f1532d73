"""Makes Tests/GenerativeTests/Golden/gan.json: losses of GANs and the gradients of both players in float64.

Run with torch 2.13 or later:  python Scripts/golden/gan.py
The generator is 4 → 8 → 2, the discriminator 2 → 8 → k, tanh between, so that second derivatives count. What a
penalty draws at random begins at torch.manual_seed(7).
"""
import json, pathlib, torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
B, N = 6, 4
generator = torch.Generator().manual_seed(20190306)
normal = lambda *shape: torch.randn(shape, generator=generator)
sp = F.softplus
G = [normal(8, N) / 2, normal(8) / 4, normal(2, 8) / 2, normal(2) / 4]
BODY = [normal(8, 2) / 2, normal(8) / 4]
HEADS = {"score": [normal(1, 8) / 2], "scores": [normal(3, 8) / 2], "code": [normal(N, 8) / 2, normal(N) / 4]}
REAL, NOISE = normal(B, 2), normal(B, N)


def generate(p, z):
    return F.linear(torch.tanh(F.linear(z, p[0], p[1])), p[2], p[3])


def discriminate(p, kind, x):
    v = torch.tanh(F.linear(x, p[0], p[1]))
    if kind != "scores":
        return F.linear(v, p[2], p[3] if kind == "code" else None)
    scores = []
    for w in p[2]:
        scores.append(v @ w)
        v = v - torch.outer(v @ w / (w @ w + 1e-12), w)
    return torch.stack(scores, 1)


def columns(kind, outputs):
    return [outputs.mean(1)] if kind == "code" else list(outputs.unbind(1))


LOSSES = {
    "sgan": (lambda r, f: sp(-r).mean() + sp(f).mean(), lambda r, f: sp(-f).mean()),
    "sgan-saturating": (lambda r, f: sp(-r).mean() + sp(f).mean(), lambda r, f: -sp(f).mean()),
    "lsgan": (lambda r, f: ((r - 1) ** 2).mean() + (f**2).mean(), lambda r, f: ((f - 1) ** 2).mean()),
    "hinge": (lambda r, f: F.relu(1 - r).mean() + F.relu(1 + f).mean(), lambda r, f: -f.mean()),
    "hinge-low": (lambda r, f: F.relu(1 + r).mean() + F.relu(1 - f).mean(), lambda r, f: f.mean()),
    "rsgan": (lambda r, f: sp(f - r).mean(), lambda r, f: sp(r - f).mean()),
    "rasgan": (
        lambda r, f: sp(f.mean() - r).mean() + sp(f - r.mean()).mean(),
        lambda r, f: sp(r.mean() - f).mean() + sp(r - f.mean()).mean()),
    "ralsgan": (
        lambda r, f: ((r - f.mean() - 1) ** 2).mean() + ((f - r.mean() + 1) ** 2).mean(),
        lambda r, f: ((f - r.mean() - 1) ** 2).mean() + ((r - f.mean() + 1) ** 2).mean()),
    "wgan": (lambda r, f: (f - r).mean(), lambda r, f: -f.mean()),
    "wgan-low": (lambda r, f: (r - f).mean(), lambda r, f: f.mean()),
}


def points(kind, real, fake):
    def between(a, b):
        u = torch.rand(a.shape[0], 1)
        return u * a + (1 - u) * b
    shuffled = lambda a: a[torch.randperm(a.shape[0])]
    if kind == "interpolation":
        return between(real, fake)
    if kind == "within-kinds":
        first = between(real, shuffled(real))
        return torch.cat([first, between(fake, shuffled(fake))])
    both = torch.cat([real, fake])
    if kind == "mixture-interpolation":
        return between(both, shuffled(both))
    return {"mixture": both, "real": real, "fake": fake}[kind]


def slope(kind, weight=10, center=1, power=2, sampling="interpolation", sided=False):
    def penalty(p, real, fake):
        x = points(sampling, real, fake).detach().requires_grad_()
        total = sum(c.sum() for c in columns(kind, discriminate(p, kind, x)))
        s = (torch.autograd.grad(total, x, create_graph=True)[0] ** 2).sum(1)
        if center == 0:
            return weight * (s ** (power / 2)).mean()
        excess = (s + 1e-9).sqrt() - center
        return weight * ((F.relu(excess) if sided else excess) ** power).mean()
    return penalty


def pair(distance, weight=0.5, scale=10):
    def penalty(r, f, real, fake):
        e = real - fake
        d = {"l1": e.abs().mean(1), "l2": (e**2).mean(1).sqrt(), "square": (e**2).mean(1)}[distance]
        return weight * ((r - f) ** 2 / (scale * d + 1e-6)).mean()
    return penalty


def correlation(z, code):
    center = lambda v: v - v.mean(1, keepdim=True)
    return F.cosine_similarity(center(z), center(code), dim=1)


def case(loss, kind="score", slope=None, pair=None, weight=0):
    p = [w.clone().requires_grad_() for w in BODY + HEADS[kind]]
    g = [w.clone().requires_grad_() for w in G]
    of_d, of_g = LOSSES[loss]

    def terms(fake, of, penalty):
        real_columns = columns(kind, discriminate(p, kind, REAL))
        outputs = discriminate(p, kind, fake)
        total = 0
        for r, f in zip(real_columns, columns(kind, outputs)):
            total = total + of(r, f) / len(real_columns)
            if penalty:
                total = total + penalty(r, f, REAL, fake) / len(real_columns)
        return total - weight * correlation(NOISE, outputs).mean() if weight else total

    fake = generate(g, NOISE).detach()
    loss_d = terms(fake, of_d, pair)
    if slope:
        torch.manual_seed(7)
        loss_d = loss_d + slope(p, REAL, fake)
    grads_d = torch.autograd.grad(loss_d, p, allow_unused=True)
    loss_g = terms(generate(g, NOISE), of_g, None)
    grads_g = torch.autograd.grad(loss_g, g)
    flat = lambda grads, ws: [(torch.zeros_like(w) if x is None else x).flatten().tolist() for x, w in zip(grads, ws)]
    return {"discriminator": loss_d.item(), "generator": loss_g.item(), "head": kind,
            "discriminatorGradients": flat(grads_d, p), "generatorGradients": flat(grads_g, g)}


cases = {name: case(name) for name in LOSSES}
cases["wgan-gp"] = case("wgan", slope=slope("score"))
cases["wgan-gp one-sided"] = case("wgan", slope=slope("score", center=0.1, sided=True))
for sampling in ["interpolation", "within-kinds", "mixture-interpolation", "mixture", "real", "fake"]:
    cases["wgan-div " + sampling] = case("wgan-low", slope=slope("score", 2, 0, 6, sampling))
for distance in ["l1", "l2"]:
    cases["gan-qp " + distance] = case("wgan", pair=pair(distance))
cases["o-gan"] = case("wgan-low", "code", pair=pair("square", 0.25, 1), weight=0.5)
cases["cascading hinge"] = case("hinge", "scores")
cases["cascading rsgan"] = case("rsgan", "scores")
path = pathlib.Path(__file__).parents[2] / "Tests/GenerativeTests/Golden/gan.json"
weights = lambda ws: [{"shape": list(w.shape), "values": w.flatten().tolist()} for w in ws]
path.write_text(json.dumps({
    "torch": torch.__version__.split("+")[0], "generator": weights(G), "body": weights(BODY),
    "heads": {k: weights(v) for k, v in HEADS.items()}, "real": weights([REAL])[0], "noise": weights([NOISE])[0],
    "cases": cases}) + "\n")
