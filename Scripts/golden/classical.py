"""Writes Tests/ClassicalMLTests/Golden/classical.json: what scikit-learn says of small data sets.

Needs scikit-learn==1.9.1. Run: python Scripts/golden/classical.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, log_loss, roc_auc_score
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

texts = [
    "今天天气很好,适合出门", "天气预报说明天有雨", "股票市场今天大涨", "央行宣布降低利率",
    "球队昨晚赢得了比赛", "比赛因为下雨而取消", "The market fell, THE bank said", "rain rain go away",
    "银行的利率与股票", "球员在雨中比赛", "今天 今天 今天", "Ünïted bank",
]
labels = [0, 0, 1, 1, 2, 2, 1, 0, 1, 2, 0, 1]
tests = ["今天下雨", "利率与市场", "球队比赛", "bank rain", "Xyz"]

golden = {"texts": texts, "labels": labels, "tests": tests}
characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), min_df=2, sublinear_tf=True)
x = characters.fit_transform(texts)
names = characters.get_feature_names_out()
golden["characters"] = [
    {names[c]: float(v) for c, v in zip(row.indices, row.data)} for row in characters.transform(tests)
]
words = TfidfVectorizer(ngram_range=(1, 2), min_df=1, sublinear_tf=True)
words.fit(texts[6:8] + texts[11:])
names = words.get_feature_names_out()
golden["words"] = [
    {names[c]: float(v) for c, v in zip(row.indices, row.data)} for row in words.transform(texts[6:8])
]

generator = np.random.default_rng(1)
n = 60
y = generator.integers(0, 3, n)
a = generator.normal(size=(n, 4)) + y[:, None] * np.array([1.0, -0.5, 0.3, 0.0])
a = np.round(a, 3)
counts = generator.poisson(1.0 + 1.5 * np.eye(3)[y].repeat(2, axis=1))
golden["dense"] = {"rows": a.tolist(), "counts": counts.tolist(), "labels": y.tolist()}


def probabilities(model, x, y):
    return model.fit(x, y).predict_proba(x).round(9).tolist()


golden["multinomial"] = probabilities(MultinomialNB(alpha=0.7), counts, y)
golden["complement"] = ComplementNB(alpha=0.7).fit(counts, y).predict_joint_log_proba(counts).round(9).tolist()
golden["bernoulli"] = probabilities(BernoulliNB(alpha=0.7), counts, y)
golden["gaussian"] = probabilities(GaussianNB(), a, y)
tight = {"tol": 1e-10, "max_iter": 100_000}
golden["softmax"] = probabilities(LogisticRegression(C=2.0, **tight), a, y)
# scikit-learn's saga is too slow to be exact: the elastic net is compared by its objective there and here.
net = LogisticRegression(C=0.5, l1_ratio=0.4, solver="saga", tol=1e-12, max_iter=200_000).fit(a, y)
golden["elastic"] = net.predict_proba(a).round(6).tolist()
binary = (y > 0).astype(int)
golden["logistic"] = probabilities(
    LogisticRegression(C=3.0, solver="liblinear", intercept_scaling=1.0, **tight), a, binary
)
golden["svm"] = (
    LinearSVC(C=0.5, tol=1e-10, max_iter=1_000_000).fit(a, binary).decision_function(a).round(7).tolist()
)
golden["neighbors"] = probabilities(KNeighborsClassifier(4), a, y)
golden["neighborsWeighted"] = probabilities(KNeighborsClassifier(4, weights="distance"), a[:50], y[:50])
tree = DecisionTreeClassifier(max_depth=3, min_samples_leaf=4, random_state=0).fit(a, y)
golden["tree"] = tree.predict_proba(a).tolist()
numbers = np.round(a @ np.array([1.0, 2.0, -1.0, 0.5]) + generator.normal(size=n), 3)
golden["numbers"] = numbers.tolist()
golden["treeNumbers"] = (
    DecisionTreeRegressor(max_depth=3, random_state=0).fit(a, numbers).predict(a).round(9).tolist()
)
golden["ridge"] = Ridge(alpha=1.5).fit(a, numbers).predict(a).round(9).tolist()

p = np.array(golden["gaussian"])
found = p.argmax(1)
golden["scores"] = {
    "logLoss": log_loss(y, p), "areas": [roc_auc_score(y == c, p[:, c]) for c in range(3)],
    "macroF1": f1_score(y, found, average="macro"),
    "brier": float(((p - np.eye(3)[y]) ** 2).sum(1).mean()),
}
steps = IsotonicRegression(out_of_bounds="clip").fit(p[:, 1], y == 1)
golden["isotonic"] = steps.predict(np.linspace(0, 1, 21)).round(9).tolist()

path = Path(__file__).resolve().parents[2] / "Tests/ClassicalMLTests/Golden/classical.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
