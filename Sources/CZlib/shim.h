#ifndef DANLU_CZLIB_H
#define DANLU_CZLIB_H
#include <zlib.h>
#endif
