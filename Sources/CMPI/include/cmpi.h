// The C table of MPI. Shim/cmpi.c fills it and is compiled by set-up against the MPI whose mpirun is
// used, since the handles of mpi.h differ between implementations; `Distributed` opens the result with
// dlopen where a program was started by mpirun, and nowhere else.
#ifndef DANLU_CMPI_H
#define DANLU_CMPI_H

#include <stddef.h>
#include <stdint.h>

// Raised where the layout or a meaning changes.
#define CMPI_ABI_VERSION 1

enum { CMPI_FLOAT32 = 0, CMPI_FLOAT64 = 1, CMPI_INT64 = 2 };
enum { CMPI_SUM = 0, CMPI_MAXIMUM = 1 };

// An operation under way. What it reads and writes must stay where it is until `test` says that it
// is done.
typedef struct CMPIRequest *CMPIRequestRef;

// Functions return 0, or an error of MPI that `error_text` puts into words. Counts are of elements for
// reductions, otherwise of bytes. Arrays of counts and offsets have one entry for each rank and must stay
// until the operation is done.
typedef struct CMPIAPI {
  uint32_t abi_version;
  // Which MPI the table was compiled against: "Open MPI", "MPICH" or another's name.
  const char *family;
  int family_version;

  int (*start)(int *rank, int *size);
  int (*finish)(void);
  // Ends all ranks with `status`. Does not return.
  void (*abort)(int status);
  void (*library)(char *text, int capacity);
  void (*error_text)(int code, char *text, int capacity);

  int (*barrier)(CMPIRequestRef *request);
  int (*broadcast)(void *data, int bytes, int root, CMPIRequestRef *request);
  int (*all_reduce)(void *data, int count, int type, int operation, CMPIRequestRef *request);
  int (*reduce_scatter)(const void *data, void *part, int count, int type, int operation,
                        CMPIRequestRef *request);
  int (*all_gather)(const void *part, int bytes, void *all, const int *counts, const int *offsets,
                    CMPIRequestRef *request);
  int (*all_to_all)(const void *sent, const int *sent_counts, const int *sent_offsets,
                    void *received, const int *counts, const int *offsets, CMPIRequestRef *request);
  // Done when the other rank receives it.
  int (*send)(const void *data, int bytes, int rank, int tag, CMPIRequestRef *request);
  // Whether a message with this tag waits, how long it is and whose it is.
  int (*probe)(int tag, int *waits, int *source, int *bytes);
  int (*receive)(void *data, int bytes, int source, int tag);
  // Moves what is under way along; a request that is done is freed.
  int (*test)(CMPIRequestRef request, int *is_done);
} CMPIAPI;

// What the shim exports, as `danlu_cmpi_api`.
typedef const CMPIAPI *(*CMPIEntryPoint)(void);

#endif
