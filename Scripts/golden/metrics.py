"""Makes Tests/TrainingTests/Golden/metrics.json: figures of scikit-learn on fixed outputs and labels.

Run with scikit-learn==1.9.1:  python Scripts/golden/metrics.py
"""
import json, pathlib
import numpy as np
import sklearn
from sklearn import metrics as m

random = np.random.default_rng(3)


def rounded(values):
    return np.round(values, 3)


logits = rounded(random.normal(size=(60, 4)) * 2)
labels = random.choice(4, size=60, p=[0.5, 0.3, 0.15, 0.05])
logits[np.arange(60), labels] += 1.5
predictions = logits.argmax(1)
# No example of class 2, none taken for class 3: what is divided by 0 counts as 0.
sparse_logits = logits.copy()
sparse_logits[:, 3] -= 100
sparse_labels = np.where(labels == 2, 0, labels)
sparse = sparse_logits.argmax(1)

binary_labels = random.integers(0, 2, size=50)
# Few distinct scores, hence ties.
scores = np.round(random.normal(size=50) + binary_labels, 1)
binary = (scores > 0).astype(int)

truth = rounded(random.normal(size=40) * 3 + 7)
output = rounded(truth + random.normal(size=40))


def scores_of(labels, predictions):
    result = {}
    for kind in ["micro", "macro", "weighted"]:
        p, r, f, _ = m.precision_recall_fscore_support(labels, predictions, average=kind, zero_division=0)
        result[kind] = [p, r, f]
    return result


p, r, f, _ = m.precision_recall_fscore_support(binary_labels, binary, average="binary")
golden = {
    "sklearn": sklearn.__version__,
    "classes": {
        "logits": logits.tolist(), "labels": labels.tolist(),
        "accuracy": m.accuracy_score(labels, predictions),
        "top2": m.top_k_accuracy_score(labels, logits, k=2),
        "confusion": m.confusion_matrix(labels, predictions).tolist(),
        "logLoss": m.log_loss(labels, np.exp(logits) / np.exp(logits).sum(1, keepdims=True)),
        "scores": scores_of(labels, predictions),
    },
    "sparse": {
        "logits": sparse_logits.tolist(), "labels": sparse_labels.tolist(),
        "scores": scores_of(sparse_labels, sparse),
    },
    "binary": {
        "scores": scores.tolist(), "labels": binary_labels.tolist(),
        "binary": [p, r, f], "rocAUC": m.roc_auc_score(binary_labels, scores),
    },
    "regression": {
        "output": output.tolist(), "labels": truth.tolist(),
        "mae": m.mean_absolute_error(truth, output),
        "rmse": float(np.sqrt(m.mean_squared_error(truth, output))),
        "r2": m.r2_score(truth, output),
    },
}
path = pathlib.Path(__file__).parents[2] / "Tests/TrainingTests/Golden/metrics.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(golden, indent=1) + "\n")
