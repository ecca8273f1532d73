"""Makes Tests/GenerativeTests/Golden/metrics.json: distances between sets of features by independent programs.

Needs: numpy, scipy, scikit-learn (pip install numpy scipy scikit-learn); prdc must agree if it is installed.
Fréchet by scipy.linalg.sqrtm, the kernel distance by sklearn's polynomial kernel, precision, recall, density and
coverage by sklearn's neighbors as their papers define them, Jensen-Shannon by scipy.
"""
import json, pathlib
import numpy as np
from scipy.linalg import sqrtm
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import pairwise_distances
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors

random = np.random.default_rng(20190226)
real = random.normal(size=(60, 4))
fake = random.normal(size=(50, 4)) * [1, 0.5, 1.3, 0.8] + [0.4, 0, -0.3, 0.1]
K = 5


def frechet(x, y):
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real)


def kernel(x, y):
    k = lambda a, b: polynomial_kernel(a, b, degree=3, gamma=1 / x.shape[1], coef0=1)
    within = lambda a: (k(a, a).sum() - np.trace(k(a, a))) / (len(a) * (len(a) - 1))
    return within(x) + within(y) - 2 * k(x, y).mean()


def manifold(x, y):
    radius = lambda a: NearestNeighbors(n_neighbors=K + 1).fit(a).kneighbors(a)[0][:, K]
    rx, ry, d = radius(x), radius(y), pairwise_distances(x, y)
    return {"precision": (d < rx[:, None]).any(0).mean(), "recall": (d < ry[None]).any(1).mean(),
            "density": (d < rx[:, None]).sum(0).mean() / K, "coverage": (d.min(1) < rx).mean()}


result = manifold(real, fake)
try:
    from prdc import compute_prdc
    other = compute_prdc(real_features=real, fake_features=fake, nearest_k=K)
    assert all(abs(result[name] - other[name]) < 1e-12 for name in result), (result, other)
    print("prdc agrees")
except ImportError:
    print("prdc is not installed")
first, second = [3, 0, 5, 2, 7], [1, 4, 5, 0, 1]
path = pathlib.Path(__file__).parents[2] / "Tests/GenerativeTests/Golden/metrics.json"
path.write_text(json.dumps({
    "real": real.tolist(), "fake": fake.tolist(), "frechet": frechet(real, fake), "kernel": kernel(real, fake),
    **{name: float(value) for name, value in result.items()}, "first": first, "second": second,
    "jensenShannon": jensenshannon(first, second) ** 2}) + "\n")
