"""Writes generated triples as CSV: make_triples.py ROWS FILE. About 5.4 rows an entity, skewed attributes and values."""
import random
import sys

rows, path = int(sys.argv[1]), sys.argv[2]
random.seed(0)
letters = [chr(0x4E00 + index) for index in range(3000)]


def word(low, high):
    return "".join(random.choices(letters, k=random.randint(low, high)))


attributes = [word(2, 4) for _ in range(60_000 if rows > 300_000 else 2000)]
values = [word(2, 12) for _ in range(max(1000, rows // 5))]
with open(path, "w", encoding="utf-8") as file:
    written = entity = 0
    while written < rows:
        entity += 1
        name = word(2, 8) + (str(entity) if entity % 3 == 0 else "")
        for _ in range(min(rows - written, 1 + int(random.expovariate(1 / 4.4)))):
            attribute = attributes[int(len(attributes) * random.random() ** 6)]
            draw = random.random()
            if draw < 0.3:
                value = values[int(len(values) * random.random() ** 3)] + "，" + word(2, 10)
            elif draw < 0.4:
                value = f"{random.randint(1000, 2020)}年{random.randint(1, 12)}月{random.randint(1, 28)}日"
            else:
                value = values[int(len(values) * random.random() ** 3)]
            file.write(f"{name},{attribute},{value}\n")
            written += 1
