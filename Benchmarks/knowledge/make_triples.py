"""Writes generated triples as CSV: make_triples.py ROWS FILE. 5.4 rows an entity, skewed attributes and values.

Distinct values grow as 8.37 · rows^0.78 (Heaps), which gives 687,000 in 2,000,000 rows and 5,000,000 in 25,454,710.
"""
import random
import sys

rows, path = int(sys.argv[1]), sys.argv[2]
random.seed(0)
letters = [chr(0x4E00 + index) for index in range(3000)]


def word(low, high):
    return "".join(random.choices(letters, k=random.randint(low, high)))


def new_value():
    draw = random.random()
    if draw < 0.3:
        return word(2, 12) + "，" + word(2, 10)
    if draw < 0.32:
        return f"{random.randint(1000, 2020)}年{random.randint(1, 12)}月{random.randint(1, 28)}日"
    return word(2, 14)


attributes = [word(2, 4) for _ in range(60_000 if rows > 300_000 else 2000)]
values = []
with open(path, "w", encoding="utf-8") as file:
    written = entity = 0
    while written < rows:
        entity += 1
        name = word(2, 8) + (str(entity) if entity % 3 == 0 else "")
        for _ in range(min(rows - written, 1 + int(random.expovariate(1 / 4.9)))):
            attribute = attributes[int(len(attributes) * random.random() ** 6)]
            written += 1
            if not values or random.random() < 8.37 * 0.78 * written**-0.22:
                value = new_value()
                values.append(value)
            else:
                value = values[int(len(values) * random.random() ** 3)]
            file.write(f"{name},{attribute},{value}\n")
