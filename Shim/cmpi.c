// The table of cmpi.h over the MPI that this file is compiled against.
#include "cmpi.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>

struct CMPIRequest {
  MPI_Request request;
};

// A request for one operation; `call` sees it as `&made->request`.
#define BEGIN(call)                                            \
  struct CMPIRequest *made = malloc(sizeof *made);             \
  if (!made) return MPI_ERR_NO_MEM;                            \
  int code = (call);                                           \
  if (code != MPI_SUCCESS) {                                   \
    free(made);                                                \
    return code;                                               \
  }                                                            \
  *request = made;                                             \
  return 0

static MPI_Datatype type_of(int type) {
  switch (type) {
    case CMPI_FLOAT32: return MPI_FLOAT;
    case CMPI_FLOAT64: return MPI_DOUBLE;
    default: return MPI_INT64_T;
  }
}

static MPI_Op operation_of(int operation) { return operation == CMPI_SUM ? MPI_SUM : MPI_MAX; }

static int start(int *rank, int *size) {
  int provided = 0;
  int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  if (code != MPI_SUCCESS) return code;
  // Gradients are summed on a thread of their own.
  if (provided < MPI_THREAD_SERIALIZED) return MPI_ERR_OTHER;
  code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (code != MPI_SUCCESS) return code;
  code = MPI_Comm_rank(MPI_COMM_WORLD, rank);
  return code != MPI_SUCCESS ? code : MPI_Comm_size(MPI_COMM_WORLD, size);
}

static int finish(void) { return MPI_Finalize(); }

static void stop(int status) {
  MPI_Abort(MPI_COMM_WORLD, status);
  _Exit(status);
}

static void copy(const char *from, int length, char *text, int capacity) {
  if (length >= capacity) length = capacity - 1;
  memcpy(text, from, (size_t)length);
  text[length] = 0;
}

static void library(char *text, int capacity) {
  char whole[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(whole, &length);
  copy(whole, length, text, capacity);
}

static void error_text(int code, char *text, int capacity) {
  char whole[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, whole, &length);
  copy(whole, length, text, capacity);
}

static int barrier(CMPIRequestRef *request) { BEGIN(MPI_Ibarrier(MPI_COMM_WORLD, &made->request)); }

static int broadcast(void *data, int bytes, int root, CMPIRequestRef *request) {
  BEGIN(MPI_Ibcast(data, bytes, MPI_BYTE, root, MPI_COMM_WORLD, &made->request));
}

static int all_reduce(void *data, int count, int type, int operation, CMPIRequestRef *request) {
  BEGIN(MPI_Iallreduce(MPI_IN_PLACE, data, count, type_of(type), operation_of(operation),
                       MPI_COMM_WORLD, &made->request));
}

static int reduce_scatter(const void *data, void *part, int count, int type, int operation,
                          CMPIRequestRef *request) {
  BEGIN(MPI_Ireduce_scatter_block(data, part, count, type_of(type), operation_of(operation),
                                  MPI_COMM_WORLD, &made->request));
}

static int all_gather(const void *part, int bytes, void *all, const int *counts,
                      const int *offsets, CMPIRequestRef *request) {
  BEGIN(MPI_Iallgatherv(part, bytes, MPI_BYTE, all, counts, offsets, MPI_BYTE, MPI_COMM_WORLD,
                        &made->request));
}

static int all_to_all(const void *sent, const int *sent_counts, const int *sent_offsets,
                      void *received, const int *counts, const int *offsets,
                      CMPIRequestRef *request) {
  BEGIN(MPI_Ialltoallv(sent, sent_counts, sent_offsets, MPI_BYTE, received, counts, offsets,
                       MPI_BYTE, MPI_COMM_WORLD, &made->request));
}

static int send_message(const void *data, int bytes, int rank, int tag, CMPIRequestRef *request) {
  BEGIN(MPI_Issend(data, bytes, MPI_BYTE, rank, tag, MPI_COMM_WORLD, &made->request));
}

static int probe(int tag, int *waits, int *source, int *bytes) {
  MPI_Status status;
  int code = MPI_Iprobe(MPI_ANY_SOURCE, tag, MPI_COMM_WORLD, waits, &status);
  if (code != MPI_SUCCESS || !*waits) return code;
  *source = status.MPI_SOURCE;
  return MPI_Get_count(&status, MPI_BYTE, bytes);
}

static int receive(void *data, int bytes, int source, int tag) {
  return MPI_Recv(data, bytes, MPI_BYTE, source, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static int test(CMPIRequestRef request, int *is_done) {
  int code = MPI_Test(&request->request, is_done, MPI_STATUS_IGNORE);
  if (code != MPI_SUCCESS || *is_done) free(request);
  return code;
}

static const CMPIAPI table = {
    .abi_version = CMPI_ABI_VERSION,
#if defined(OMPI_MAJOR_VERSION)
    .family = "Open MPI",
    .family_version = OMPI_MAJOR_VERSION,
#elif defined(MPICH_NUMVERSION)
    .family = "MPICH",
    .family_version = MPICH_NUMVERSION / 10000000,
#else
    .family = "MPI",
    .family_version = 0,
#endif
    .start = start,
    .finish = finish,
    .abort = stop,
    .library = library,
    .error_text = error_text,
    .barrier = barrier,
    .broadcast = broadcast,
    .all_reduce = all_reduce,
    .reduce_scatter = reduce_scatter,
    .all_gather = all_gather,
    .all_to_all = all_to_all,
    .send = send_message,
    .probe = probe,
    .receive = receive,
    .test = test,
};

__attribute__((visibility("default"))) const CMPIAPI *danlu_cmpi_api(void) { return &table; }
