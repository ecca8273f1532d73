#ifndef C_VECTOR_KERNELS_H
#define C_VECTOR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The inner loops of vector training and search, compiled once for each instruction set and chosen
/// when the program runs. Every row is aligned to 64 bytes and `stride` floats long, a multiple of
/// 16; the padding is zero and stays zero.

/// One position of a text: a word, its neighbors in the window, and the negatives drawn for them.
typedef struct {
  /// Word rows (`U` of JoSE, the input vectors of skip-gram).
  float *words;
  /// Context rows (`V` of JoSE, the output vectors of skip-gram).
  float *contexts;
  /// The row of the position's document, or null.
  float *_Nullable document;
  size_t stride;
  /// The word at the position.
  uint32_t word;
  const uint32_t *centers;
  size_t centreCount;
  /// `negativeCount` words for each center, then as many for the document. Those of the next
  /// center begin `negativeStep` further on: `negativeCount`, or 0 to share one set.
  const uint32_t *negatives;
  size_t negativeCount;
  size_t negativeStep;
  float rate;
  float margin;
  /// `2 * stride` floats of working space (the bag of words' mean and its gradient).
  float *_Nullable scratch;
} VectorPosition;

/// One document whose row is fitted while all word rows stay as they are.
typedef struct {
  const float *words;
  const float *contexts;
  float *document;
  size_t stride;
  uint32_t word;
  const uint32_t *negatives;
  size_t negativeCount;
  float rate;
  float margin;
} VectorDocumentStep;

/// A row found by a search, and its score.
typedef struct {
  uint32_t row;
  float score;
} VectorCandidate;

/// A product of a few queries with many rows, of which only scores above a bound are kept.
typedef struct {
  /// Rows in panels of 16: `panels[(p * dimension + k) * 16 + lane]` is element k of row 16p + lane.
  const float *panels;
  size_t panelCount;
  size_t dimension;
  /// `queries[k * tile + q]`: element k of query q, `tile` being the kernel's `searchTile`.
  const float *queries;
  /// A score must be greater than its query's bound to be kept.
  const float *bounds;
  /// Where query q's survivors go, and how many are there already (counted up).
  VectorCandidate *_Nonnull *_Nonnull candidates;
  size_t *counts;
  /// The number of the first row, and of the row after the last that exists.
  uint32_t firstRow;
  uint32_t endRow;
} VectorSearch;

/// The most negatives a position may have.
enum { VectorNegativeLimit = 255 };

/// The kernels of one level: constant tables, free to cross threads.
typedef struct __attribute__((swift_attr("@Sendable"))) {
  const char *name;
  float (*dot)(const float *a, const float *b, size_t stride);
  /// y += scale * x
  void (*add)(float *y, const float *x, float scale, size_t stride);
  /// Scales a row to unit length; a row of zeros stays.
  void (*normalize)(float *row, size_t stride);
  void (*sphericalSeparate)(const VectorPosition *position);
  void (*sphericalJoint)(const VectorPosition *position);
  void (*skipGram)(const VectorPosition *position);
  void (*bagOfWords)(const VectorPosition *position);
  void (*sphericalDocument)(const VectorDocumentStep *step);
  void (*logisticDocument)(const VectorDocumentStep *step);
  void (*search)(const VectorSearch *search);
  size_t searchTile;
} VectorKernels;

/// The instruction sets there are kernels for, the most general first.
enum { VectorKernelLevels = 3 };

/// The kernels of a level, or null where this processor lacks its instructions.
const VectorKernels *_Nullable vectorKernelsOfLevel(int level);

/// The widest kernels that this processor runs.
const VectorKernels *vectorKernels(void);

#pragma clang assume_nonnull end
#endif
