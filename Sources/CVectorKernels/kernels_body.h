// Included once for each instruction set, with LEVEL, TILE_QUERIES and TILE_PANELS defined.

/// The sum of 16 lanes, always in the same order.
INLINE float NAMED(sum)(Lanes a) {
  Half b = __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7)
           + __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15);
  Quarter c = __builtin_shufflevector(b, b, 0, 1, 2, 3) + __builtin_shufflevector(b, b, 4, 5, 6, 7);
  Quarter d = c + __builtin_shufflevector(c, c, 2, 3, 0, 1);
  return d[0] + d[1];
}

INLINE Lanes NAMED(load)(const float *from) { return *(const Lanes *)from; }
INLINE void NAMED(store)(float *to, Lanes value) { *(Lanes *)to = value; }

INLINE float NAMED(dotInline)(const float *a, const float *b, size_t stride) {
  Lanes sum = {0};
  for (size_t k = 0; k < stride; k += width) sum += NAMED(load)(a + k) * NAMED(load)(b + k);
  return NAMED(sum)(sum);
}

static float NAMED(dot)(const float *a, const float *b, size_t stride) {
  return NAMED(dotInline)(a, b, stride);
}

static void NAMED(add)(float *y, const float *x, float scale, size_t stride) {
  for (size_t k = 0; k < stride; k += width) {
    NAMED(store)(y + k, NAMED(load)(y + k) + scale * NAMED(load)(x + k));
  }
}

static void NAMED(normalize)(float *row, size_t stride) {
  float square = NAMED(dotInline)(row, row, stride);
  if (!(square > 0)) return;
  float scale = 1 / sqrtf(square);
  for (size_t k = 0; k < stride; k += width) NAMED(store)(row + k, NAMED(load)(row + k) * scale);
}

// MARK: JoSE

/// 1 / ‖p·x + q·y‖ from the products x·x, x·y and y·y.
///
/// The rows' own norms are part of it, not taken to be 1: a step away from a vector (a negative of
/// cosine h) would enlarge an error of the norm by 1 + 4·rate·h², and hundreds of such steps follow
/// one another.
INLINE float NAMED(scale)(float p, float q, float xx, float xy, float yy) {
  return 1 / sqrtf(p * p * xx + 2 * p * q * xy + q * q * yy);
}

/// One hinge max(0, margin − u·v + n·v) on the sphere: a pass of dot products, and, if the hinge is
/// active, a pass of three steps whose norms follow from the products.
INLINE void NAMED(hinge)(float *u, float *v, float *n, size_t stride, float rate, float margin) {
  Lanes uv = {0}, nv = {0}, un = {0}, uu = {0}, vv = {0}, nn = {0};
  for (size_t k = 0; k < stride; k += width) {
    Lanes U = NAMED(load)(u + k), V = NAMED(load)(v + k), N = NAMED(load)(n + k);
    uv += U * V;
    nv += N * V;
    un += U * N;
    uu += U * U;
    vv += V * V;
    nn += N * N;
  }
  float f = NAMED(sum)(uv), h = NAMED(sum)(nv);
  float gap = f - h;
  if (gap >= margin) return;
  float UU = NAMED(sum)(uu), VV = NAMED(sum)(vv), NN = NAMED(sum)(nn);
  float WW = UU - 2 * NAMED(sum)(un) + NN;  // of w = u − n
  float a = rate * (1 - f), b = rate * 2 * h, c = rate * (1 - gap);
  float pu = 1 - a * f, pn = 1 + b * h, pv = 1 - c * gap;
  float su = NAMED(scale)(pu, a, UU, f, VV);
  float sn = NAMED(scale)(pn, -b, NN, h, VV);
  float sv = NAMED(scale)(pv, c, VV, gap, WW);
  pu *= su, a *= su;
  pn *= sn, b *= sn;
  pv *= sv, c *= sv;
  for (size_t k = 0; k < stride; k += width) {
    Lanes U = NAMED(load)(u + k), V = NAMED(load)(v + k), N = NAMED(load)(n + k);
    NAMED(store)(u + k, pu * U + a * V);
    NAMED(store)(n + k, pn * N - b * V);
    NAMED(store)(v + k, pv * V + c * (U - N));
  }
}

static void NAMED(sphericalSeparate)(const VectorPosition *p) {
  size_t stride = p->stride;
  float *v = p->contexts + (size_t)p->word * stride;
  const uint32_t *negatives = p->negatives;
  for (size_t j = 0; j < p->centreCount; j++, negatives += p->negativeStep) {
    uint32_t center = p->centers[j];
    float *u = p->words + (size_t)center * stride;
    for (size_t i = 0; i < p->negativeCount; i++) {
      uint32_t negative = negatives[i];
      // A negative that is the center itself has both cosines equal: its gradients cancel.
      if (negative == p->word || negative == center) continue;
      NAMED(hinge)(u, v, p->words + (size_t)negative * stride, stride, p->rate, p->margin);
    }
  }
  if (!p->document) return;
  float *u = p->words + (size_t)p->word * stride;
  for (size_t i = 0; i < p->negativeCount; i++) {
    uint32_t negative = negatives[i];
    if (negative == p->word) continue;
    NAMED(hinge)(u, p->document, p->words + (size_t)negative * stride, stride, p->rate, p->margin);
  }
}

/// A Riemannian step of the paper on a unit vector x: x ← unit(x + c·(g − (x·g)x)) with
/// c = rate·(1 − x·g/‖g‖), as the two factors of x and g.
INLINE void NAMED(riemannian)(float xx, float xg, float gg, float rate, float *ofX, float *ofG) {
  float c = rate * (1 - xg / sqrtf(gg > 1e-12f ? gg : 1e-12f));
  float p = 1 - c * xg;
  float scale = NAMED(scale)(p, c, xx, xg, gg);
  *ofX = p * scale;
  *ofG = c * scale;
}

/// The paper's hinge max(0, margin − u·v − u·d + n·v + n·d).
INLINE void NAMED(jointHinge)(
    float *u, float *v, float *d, float *n, size_t stride, float rate, float margin) {
  Lanes uv = {0}, ud = {0}, nv = {0}, nd = {0}, un = {0}, vd = {0};
  Lanes uu = {0}, vv = {0}, dd = {0}, nn = {0};
  for (size_t k = 0; k < stride; k += width) {
    Lanes U = NAMED(load)(u + k), V = NAMED(load)(v + k), D = NAMED(load)(d + k),
          N = NAMED(load)(n + k);
    uv += U * V;
    ud += U * D;
    nv += N * V;
    nd += N * D;
    un += U * N;
    vd += V * D;
    uu += U * U;
    vv += V * V;
    dd += D * D;
    nn += N * N;
  }
  float UV = NAMED(sum)(uv), UD = NAMED(sum)(ud), NV = NAMED(sum)(nv), ND = NAMED(sum)(nd);
  if (UV + UD - NV - ND >= margin) return;
  float UU = NAMED(sum)(uu), VV = NAMED(sum)(vv), DD = NAMED(sum)(dd), NN = NAMED(sum)(nn);
  float pair = VV + 2 * NAMED(sum)(vd) + DD;        // of v + d
  float difference = UU - 2 * NAMED(sum)(un) + NN;  // of u − n
  float pu, qu, pn, qn, pv, qv, pd, qd;
  NAMED(riemannian)(UU, UV + UD, pair, rate, &pu, &qu);
  NAMED(riemannian)(NN, -(NV + ND), pair, rate, &pn, &qn);
  NAMED(riemannian)(VV, UV - NV, difference, rate, &pv, &qv);
  NAMED(riemannian)(DD, UD - ND, difference, rate, &pd, &qd);
  for (size_t k = 0; k < stride; k += width) {
    Lanes U = NAMED(load)(u + k), V = NAMED(load)(v + k), D = NAMED(load)(d + k),
          N = NAMED(load)(n + k);
    Lanes both = V + D, gap = U - N;
    NAMED(store)(u + k, pu * U + qu * both);
    NAMED(store)(n + k, pn * N - qn * both);
    NAMED(store)(v + k, pv * V + qv * gap);
    NAMED(store)(d + k, pd * D + qd * gap);
  }
}

static void NAMED(sphericalJoint)(const VectorPosition *p) {
  size_t stride = p->stride;
  float *document = p->document;
  if (!document) return;
  float *v = p->contexts + (size_t)p->word * stride;
  const uint32_t *negatives = p->negatives;
  for (size_t j = 0; j < p->centreCount; j++, negatives += p->negativeStep) {
    uint32_t center = p->centers[j];
    float *u = p->words + (size_t)center * stride;
    for (size_t i = 0; i < p->negativeCount; i++) {
      uint32_t negative = negatives[i];
      if (negative == p->word || negative == center) continue;
      NAMED(jointHinge)(
          u, v, document, p->words + (size_t)negative * stride, stride, p->rate, p->margin);
    }
  }
}

/// The program's step for the document alone, words fixed.
static void NAMED(sphericalDocument)(const VectorDocumentStep *s) {
  size_t stride = s->stride;
  const float *u = s->words + (size_t)s->word * stride;
  float *d = s->document;
  for (size_t i = 0; i < s->negativeCount; i++) {
    if (s->negatives[i] == s->word) continue;
    const float *n = s->words + (size_t)s->negatives[i] * stride;
    Lanes ud = {0}, nd = {0}, dd = {0}, ww = {0};
    for (size_t k = 0; k < stride; k += width) {
      Lanes U = NAMED(load)(u + k), D = NAMED(load)(d + k), N = NAMED(load)(n + k);
      ud += U * D;
      nd += N * D;
      dd += D * D;
      ww += (U - N) * (U - N);
    }
    float gap = NAMED(sum)(ud) - NAMED(sum)(nd);
    if (gap >= s->margin) continue;
    float c = s->rate * (1 - gap);
    float ofD = 1 - c * gap, ofGap = c;
    float scale = NAMED(scale)(ofD, ofGap, NAMED(sum)(dd), gap, NAMED(sum)(ww));
    ofD *= scale, ofGap *= scale;
    for (size_t k = 0; k < stride; k += width) {
      Lanes gradient = NAMED(load)(u + k) - NAMED(load)(n + k);
      NAMED(store)(d + k, ofD * NAMED(load)(d + k) + ofGap * gradient);
    }
  }
}

// MARK: Negative sampling with the logistic loss

/// The sigmoid of 16 numbers to about one unit in the last place: a power of two, and a polynomial
/// for what is left of the exponent.
INLINE Lanes NAMED(sigmoid)(Lanes x) {
  Lanes limit = (Lanes){0} + 30;
  x = __builtin_elementwise_max(__builtin_elementwise_min(x, limit), -limit);
  const float magic = 12582912;  // adding it rounds to an integer
  Lanes power = (x * -1.44269504f + magic) - magic;
  Lanes rest = (-x - power * 0.693359375f) + power * 2.12194440e-4f;
  Lanes p = rest * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * rest + 8.3334519073e-3f;
  p = p * rest + 4.1665795894e-2f;
  p = p * rest + 1.6666665459e-1f;
  p = p * rest + 5.0000001201e-1f;
  p = p * rest * rest + rest + 1;
  IntegerLanes bits = (IntegerLanes)p + (__builtin_convertvector(power, IntegerLanes) << 23);
  return 1 / (1 + (Lanes)bits);
}

/// One step of −log σ(u·o₀) − Σ log σ(−u·oᵢ): all products first, then all gradients from the
/// values before the step. The input's own gradient is added to `gradient`.
INLINE void NAMED(logistic)(
    const float *u, float *gradient, float *const *rows, size_t count, size_t stride, float rate,
    int outputsMove) {
  float products[VectorNegativeLimit + 1 + width] __attribute__((aligned(64)));
  size_t r = 0;
  for (; r + 4 <= count; r += 4) {
    Lanes a = {0}, b = {0}, c = {0}, d = {0};
    const float *A = rows[r], *B = rows[r + 1], *C = rows[r + 2], *D = rows[r + 3];
    for (size_t k = 0; k < stride; k += width) {
      Lanes U = NAMED(load)(u + k);
      a += U * NAMED(load)(A + k);
      b += U * NAMED(load)(B + k);
      c += U * NAMED(load)(C + k);
      d += U * NAMED(load)(D + k);
    }
    products[r] = NAMED(sum)(a);
    products[r + 1] = NAMED(sum)(b);
    products[r + 2] = NAMED(sum)(c);
    products[r + 3] = NAMED(sum)(d);
  }
  for (; r < count; r++) products[r] = NAMED(dotInline)(u, rows[r], stride);
  for (size_t k = count; k % width; k++) products[k] = 0;
  for (size_t k = 0; k < count; k += width) {
    NAMED(store)(products + k, NAMED(sigmoid)(NAMED(load)(products + k)) * -rate);
  }
  products[0] += rate;
  for (size_t k = 0; k < stride; k += width) {
    Lanes U = NAMED(load)(u + k), sum = NAMED(load)(gradient + k);
    for (size_t i = 0; i < count; i++) {
      float *row = rows[i] + k;
      Lanes O = NAMED(load)(row);
      sum += products[i] * O;
      if (outputsMove) NAMED(store)(row, O + products[i] * U);
    }
    NAMED(store)(gradient + k, sum);
  }
}

/// The rows of the word and of its negatives, the word's own first; returns how many.
INLINE size_t NAMED(outputs)(
    float *contexts, size_t stride, uint32_t word, const uint32_t *negatives, size_t count,
    float **rows) {
  size_t used = 0;
  rows[used++] = contexts + (size_t)word * stride;
  for (size_t i = 0; i < count; i++) {
    if (negatives[i] != word) rows[used++] = contexts + (size_t)negatives[i] * stride;
  }
  return used;
}

INLINE void NAMED(logisticPair)(
    float *input, float *const *rows, size_t count, const VectorPosition *p) {
  float *gradient = p->scratch;
  Lanes zero = {0};
  for (size_t k = 0; k < p->stride; k += width) NAMED(store)(gradient + k, zero);
  NAMED(logistic)(input, gradient, rows, count, p->stride, p->rate, 1);
  for (size_t k = 0; k < p->stride; k += width) {
    NAMED(store)(input + k, NAMED(load)(input + k) + NAMED(load)(gradient + k));
  }
}

static void NAMED(skipGram)(const VectorPosition *p) {
  float *rows[VectorNegativeLimit + 1];
  const uint32_t *negatives = p->negatives;
  for (size_t j = 0; j < p->centreCount; j++, negatives += p->negativeStep) {
    size_t count =
        NAMED(outputs)(p->contexts, p->stride, p->word, negatives, p->negativeCount, rows);
    NAMED(logisticPair)(p->words + (size_t)p->centers[j] * p->stride, rows, count, p);
  }
  if (!p->document) return;
  size_t count = NAMED(outputs)(p->contexts, p->stride, p->word, negatives, p->negativeCount, rows);
  NAMED(logisticPair)(p->document, rows, count, p);
}

/// The mean of the neighbors (and of the document) is the input; each of them receives the whole
/// gradient of the mean, as in the word2vec program.
static void NAMED(bagOfWords)(const VectorPosition *p) {
  float *rows[VectorNegativeLimit + 1];
  size_t stride = p->stride;
  size_t members = p->centreCount + (p->document ? 1 : 0);
  if (members == 0) return;
  float *mean = p->scratch, *gradient = p->scratch + stride;
  float share = 1 / (float)members;
  for (size_t k = 0; k < stride; k += width) {
    Lanes sum = {0};
    for (size_t j = 0; j < p->centreCount; j++) {
      sum += NAMED(load)(p->words + (size_t)p->centers[j] * stride + k);
    }
    if (p->document) sum += NAMED(load)(p->document + k);
    Lanes zero = {0};
    NAMED(store)(mean + k, sum * share);
    NAMED(store)(gradient + k, zero);
  }
  size_t count = NAMED(outputs)(p->contexts, stride, p->word, p->negatives, p->negativeCount, rows);
  NAMED(logistic)(mean, gradient, rows, count, stride, p->rate, 1);
  for (size_t j = 0; j < p->centreCount; j++) {
    NAMED(add)(p->words + (size_t)p->centers[j] * stride, gradient, 1, stride);
  }
  if (p->document) NAMED(add)(p->document, gradient, 1, stride);
}

static void NAMED(logisticDocument)(const VectorDocumentStep *s) {
  float *rows[VectorNegativeLimit + 1];
  // The rows are only read: outputs stay where they are.
  size_t count = NAMED(outputs)(
      (float *)s->contexts, s->stride, s->word, s->negatives, s->negativeCount, rows);
  NAMED(logistic)(s->document, s->document, rows, count, s->stride, s->rate, 0);
}

// MARK: Search

/// Fused multiply-adds are welcome here: a score is a score to its last bit only within one level.
INLINE void NAMED(keep)(Lanes scores, size_t q, uint32_t row, const VectorSearch *s) {
  float bound = s->bounds[q];
  IntegerLanes above = scores > bound;
  if (__builtin_reduce_or(above) == 0) return;
  for (uint32_t lane = 0; lane < width; lane++) {
    if (above[lane] && row + lane < s->endRow) {
      VectorCandidate found = {row + lane, scores[lane]};
      s->candidates[q][s->counts[q]++] = found;
    }
  }
}

static void NAMED(search)(const VectorSearch *s) {
#pragma clang fp contract(fast)
  size_t dimension = s->dimension;
  for (size_t p = 0; p < s->panelCount; p += TILE_PANELS) {
    const float *panels[TILE_PANELS];
    for (size_t j = 0; j < TILE_PANELS; j++) {
      // Where the last tile has fewer panels, the last one is computed again and not kept.
      size_t panel = p + j < s->panelCount ? p + j : p;
      panels[j] = s->panels + panel * dimension * width;
    }
    Lanes scores[TILE_QUERIES][TILE_PANELS] = {{{0}}};
    const float *query = s->queries;
    for (size_t k = 0; k < dimension; k++, query += TILE_QUERIES) {
      Lanes row[TILE_PANELS];
#pragma unroll
      for (size_t j = 0; j < TILE_PANELS; j++) row[j] = NAMED(load)(panels[j] + k * width);
#pragma unroll
      for (size_t q = 0; q < TILE_QUERIES; q++) {
#pragma unroll
        for (size_t j = 0; j < TILE_PANELS; j++) scores[q][j] += row[j] * query[q];
      }
    }
#pragma unroll
    for (size_t q = 0; q < TILE_QUERIES; q++) {
#pragma unroll
      for (size_t j = 0; j < TILE_PANELS; j++) {
        if (p + j < s->panelCount) {
          NAMED(keep)(scores[q][j], q, s->firstRow + (uint32_t)(p + j) * width, s);
        }
      }
    }
  }
}

static const VectorKernels NAMED(kernels) = {
    .name = LEVEL_NAME,
    .dot = NAMED(dot),
    .add = NAMED(add),
    .normalize = NAMED(normalize),
    .sphericalSeparate = NAMED(sphericalSeparate),
    .sphericalJoint = NAMED(sphericalJoint),
    .skipGram = NAMED(skipGram),
    .bagOfWords = NAMED(bagOfWords),
    .sphericalDocument = NAMED(sphericalDocument),
    .logisticDocument = NAMED(logisticDocument),
    .search = NAMED(search),
    .searchTile = TILE_QUERIES,
};
