"""Tables, danlu beside scikit-learn and LightGBM: tables.py DATA DANLU [SEEDS].

Five folds by row number mod 5 (adult: fold 0 alone); mean accuracy, or RMSE for abalone and housing. Forests are the mean of SEEDS
seeds (10) on both sides, because one seed moves by more than the bar on tables of 150 rows. LightGBM: the same matrix, parameters and
seed through its Python package; predictions must have the same bits.
"""
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile

import lightgbm
import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

data, danlu = os.path.join(sys.argv[1], "tabular"), os.path.abspath(sys.argv[2])
seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 10
names = ["adult", "banknote", "breast-cancer-wisconsin", "ecoli", "german-credit", "glass", "ionosphere", "iris",
         "pima-indians-diabetes", "sonar", "wheat-seeds", "wine", "abalone", "housing"]
numbers = {"abalone", "housing"}
library = os.path.join(os.path.dirname(lightgbm.__file__), "lib", "lib_lightgbm.so")
environment = dict(os.environ, DANLU_LIGHTGBM=library)


def run(*arguments):
    return subprocess.run([danlu, "classify", *arguments], capture_output=True, check=True, env=environment).stdout.decode()


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def columns(rows):
    """Numbers, categories as numbers or as ones and zeros; what is missing is NaN."""
    single, hot = [], []
    categories = []
    for index, column in enumerate(zip(*rows)):
        present = [cell for cell in column if cell != "?"]
        if len(set(column)) == 1:
            continue
        if all(number(cell) is not None for cell in present):
            values = np.array([np.nan if cell == "?" else float(cell) for cell in column])
            single.append(values)
            hot.append(values)
        else:
            known = sorted(set(present))
            categories.append(len(single))
            single.append(np.array([np.nan if cell == "?" else known.index(cell) for cell in column], dtype=float))
            hot += [np.array([float(cell == value) for cell in column]) for value in known]
    return np.array(single).T, np.nan_to_num(np.array(hot).T, nan=-1), categories


def score(found, truth, regression):
    return np.sqrt(((found - truth) ** 2).mean()) if regression else (found == truth).mean()


print(f"scikit-learn's forest and danlu's: mean of {seeds} seeds")
for name in names:
    path = os.path.join(data, name + ".csv")
    opened = gzip.open(path + ".gz", "rt") if name == "adult" else open(path)
    with opened as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    regression = name in numbers
    labels = np.array([float(row[-1]) if regression else row[-1] for row in rows])
    classes = sorted(set(labels))
    fold = np.arange(len(rows)) % 5
    results = {}

    def add(model, value):
        results.setdefault(model, []).append(value)

    same = total = 0
    for k in range(1 if name == "adult" else 5):
        train, test = np.where(fold != k)[0], np.where(fold == k)[0]
        single, hot, categories = columns([row[:-1] for row in rows])
        kind = RandomForestRegressor if regression else RandomForestClassifier
        for seed in range(seeds):
            forest = kind(100, random_state=seed, n_jobs=2).fit(hot[train], labels[train])
            add("scikit-learn forest", score(forest.predict(hot[test]), labels[test], regression))
        with tempfile.TemporaryDirectory() as folder:
            # Every column and class of the whole file is known: the first row of the header names them.
            header = [f"c{index}" for index in range(len(rows[0]) - 1)] + ["label"]
            for part, chosen in (("train", train), ("test", test)):
                with open(f"{folder}/{part}.csv", "w", newline="") as file:
                    writer = csv.writer(file)
                    writer.writerow(header)
                    writer.writerows(rows[index] for index in chosen)

            def ours(model, seed=0):
                out = f"{folder}/m.cml"
                extra = ["--regression"] if regression else []
                run("train", f"{folder}/train.csv", "--label", "label", "--model", model, "--seed", str(seed), "--out", out, *extra)
                found = run("predict", f"{folder}/test.csv", "--model", out).split("\n")[:-1]
                return out, np.array([float(value) for value in found] if regression else found)

            for seed in range(seeds):
                add("danlu forest", score(ours("forest", seed)[1], labels[test], regression))
            linear = "ridge" if regression else "softmax"
            for model in [linear, "boosting", f"stacking({linear}, forest, boosting)"]:
                add(f"danlu {model}", score(ours(model)[1], labels[test], regression))
            # The same bits as from Python: on sets without categories, whose numbering danlu learns from the fold alone.
            known = sorted(set(labels[train]))
            varying = [c for c in range(single.shape[1]) if len({str(v) for v in single[train, c]}) > 1]
            if not categories:
                x = single[:, varying]
                objective = "regression" if regression else "binary" if len(known) == 2 else "multiclass"
                parameters = dict(
                    objective=objective, learning_rate=0.1, num_leaves=31, min_data_in_leaf=20, lambda_l2=0.0, num_threads=2, seed=0,
                    deterministic=True, force_row_wise=True, verbosity=-1)
                if objective == "multiclass":
                    parameters["num_class"] = len(known)
                y = labels[train] if regression else np.array([known.index(label) for label in labels[train]])
                booster = lightgbm.train(parameters, lightgbm.Dataset(x[train], y), 100)
                theirs = booster.predict(x[test])
                out, _ = ours("boosting")
                if regression:
                    mine = np.array([float(v) for v in run("predict", f"{folder}/test.csv", "--model", out).split()])
                else:
                    text = run("predict", f"{folder}/test.csv", "--model", out, "--json")
                    mine = np.array([[v for v in json.loads(line)["probabilities"].values()] for line in text.split("\n")[:-1]])
                    if objective == "binary":
                        mine = mine[:, 1]
                same += int((mine == theirs).sum())
                total += theirs.size
    line = ", ".join(f"{model} {np.mean(values):.4f}" for model, values in results.items())
    print(f"{name}: {line}; bits equal to LightGBM's {same} of {total}", flush=True)
