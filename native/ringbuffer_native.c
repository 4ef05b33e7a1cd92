/* Cells and flags in a block of memory, over C11 atomics.

   A `CellView` is one thread's access to an integer of 64 bits, a `FlagView` to a row of bytes. Both
   stand over memory that a buffer brings, and keep it alive. Both implement protocols of
   `ringbuffer/memory/protocols.py`, which has the promises. There is no protocol of the ring here.

   `word[0]` and `items[i]` load with acquire and store with release. Operations that read, modify
   and write are sequentially consistent. All of them are calls of C, and none detaches the thread
   state: they take nanoseconds. CPython looks for signals only after a call, so no signal handler
   runs inside an operation, and none between the load or store of a word and its result. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#if ATOMIC_LLONG_LOCK_FREE != 2 || ATOMIC_CHAR_LOCK_FREE != 2
#error "ringbuffer needs a processor with lock-free 8-byte and 1-byte atomics"
#endif
_Static_assert(sizeof(_Atomic int64_t) == 8 && sizeof(_Atomic uint8_t) == 1, "no hidden lock");

/* Takes a writable buffer; false with an error if `object` has none. */
static bool take(PyObject *object, Py_buffer *block)
{
    return PyObject_GetBuffer(object, block, PyBUF_WRITABLE | PyBUF_SIMPLE) == 0;
}

/* The value of an integer; false with an error if it is none, or has more than 64 bits. */
static bool as_value(PyObject *object, int64_t *value)
{
    *value = PyLong_AsLongLong(object);
    if (*value != -1 || !PyErr_Occurred())
        return true;
    if (PyErr_ExceptionMatches(PyExc_OverflowError))
        PyErr_Format(PyExc_ValueError, "invalid value %R: a cell holds a signed 64-bit integer",
                     object);
    return false;
}

/* An index within [0, length); -1 with an error if it is outside. */
static Py_ssize_t as_index(PyObject *object, Py_ssize_t length)
{
    Py_ssize_t index = PyLong_AsSsize_t(object);
    if (index >= 0 && index < length)
        return index;
    if (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_OverflowError))
        PyErr_Format(PyExc_IndexError, "index %R is outside [0, %zd)", object, length);
    return -1;
}

static PyObject *itself(PyObject *self, void *closure)
{
    return Py_NewRef(self);
}

static void free_object(PyObject *self, Py_buffer *block)
{
    PyTypeObject *type = Py_TYPE(self);
    PyBuffer_Release(block);
    type->tp_free(self);
    Py_DECREF(type);
}

/* ------------------------------------------------------------------------------------ CellView */

typedef struct {
    PyObject_HEAD
    _Atomic int64_t *value;    /* in `block` */
    int64_t expected, desired; /* of the last compare_and_set: see has_set */
    bool has_set;
    Py_buffer block;
} CellView;

#define VALUE(self) (((CellView *)(self))->value)

static PyObject *cell_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"", "", NULL};
    PyObject *block;
    Py_ssize_t offset;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "On:CellView", names, &block, &offset))
        return NULL;
    CellView *self = (CellView *)type->tp_alloc(type, 0);
    if (self == NULL || !take(block, &self->block)) {
        Py_XDECREF(self);
        return NULL;
    }
    self->value = (_Atomic int64_t *)((char *)self->block.buf + offset);
    if (offset < 0 || offset > self->block.len - 8 || (uintptr_t)self->value % 8 != 0) {
        PyErr_Format(PyExc_ValueError,
                     "no aligned 8-byte integer begins at byte %zd of a block of %zd bytes",
                     offset, self->block.len);
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void cell_dealloc(PyObject *self)
{
    free_object(self, &((CellView *)self)->block);
}

static PyObject *cell_get(PyObject *self, PyObject *ignored)
{
    return PyLong_FromLongLong(atomic_load_explicit(VALUE(self), memory_order_acquire));
}

static PyObject *cell_set(PyObject *self, PyObject *object)
{
    int64_t value;
    if (!as_value(object, &value))
        return NULL;
    atomic_store_explicit(VALUE(self), value, memory_order_release);
    Py_RETURN_NONE;
}

static PyObject *cell_subscript(PyObject *self, PyObject *index)
{
    return as_index(index, 1) < 0 ? NULL : cell_get(self, NULL);
}

static int cell_store(PyObject *self, PyObject *index, PyObject *object)
{
    int64_t value;
    if (object == NULL) {
        PyErr_SetString(PyExc_TypeError, "a word cannot be deleted");
        return -1;
    }
    if (as_index(index, 1) < 0 || !as_value(object, &value))
        return -1;
    atomic_store_explicit(VALUE(self), value, memory_order_release);
    return 0;
}

static bool two_values(const char *name, PyObject *const *arguments, Py_ssize_t count,
                       int64_t *one, int64_t *other)
{
    if (count != 2) {
        PyErr_Format(PyExc_TypeError, "%s() takes 2 positional arguments, not %zd", name, count);
        return false;
    }
    return as_value(arguments[0], one) && as_value(arguments[1], other);
}

static PyObject *cell_compare_and_set(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    CellView *view = (CellView *)self;
    int64_t expected, desired;
    if (!two_values("compare_and_set", arguments, count, &expected, &desired))
        return NULL;
    view->expected = expected;
    view->desired = desired;
    view->has_set = atomic_compare_exchange_strong(view->value, &expected, desired);
    return PyBool_FromLong(view->has_set);
}

/* The caller of compare_and_set may get an exception of a signal handler in place of the result. */
static PyObject *cell_has_set(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    CellView *view = (CellView *)self;
    int64_t expected, desired;
    if (!two_values("has_set", arguments, count, &expected, &desired))
        return NULL;
    bool done = view->has_set && view->expected == expected && view->desired == desired;
    view->has_set = false;
    return PyBool_FromLong(done);
}

static PyObject *cell_exchange(PyObject *self, PyObject *object)
{
    int64_t value;
    return as_value(object, &value) ? PyLong_FromLongLong(atomic_exchange(VALUE(self), value))
                                    : NULL;
}

static PyObject *cell_fetch_add(PyObject *self, PyObject *object)
{
    int64_t delta;
    return as_value(object, &delta) ? PyLong_FromLongLong(atomic_fetch_add(VALUE(self), delta))
                                    : NULL;
}

static PyMethodDef cell_methods[] = {
    {"get", cell_get, METH_NOARGS, "get($self, /)\n--\n\nLoad with acquire."},
    {"set", cell_set, METH_O, "set($self, value, /)\n--\n\nStore with release."},
    {"compare_and_set", (PyCFunction)(void (*)(void))cell_compare_and_set, METH_FASTCALL,
     "compare_and_set($self, expected, desired, /)\n--\n\n"
     "Replace `expected` by `desired`; returns whether the value was `expected`."},
    {"has_set", (PyCFunction)(void (*)(void))cell_has_set, METH_FASTCALL,
     "has_set($self, expected, desired, /)\n--\n\n"
     "Whether the last compare_and_set had this pair, and replaced the value. It is asked once."},
    {"exchange", cell_exchange, METH_O,
     "exchange($self, value, /)\n--\n\nStore; returns the value before."},
    {"fetch_add", cell_fetch_add, METH_O,
     "fetch_add($self, delta, /)\n--\n\nAdd; returns the value before."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef cell_fields[] = {
    {"word", itself, NULL, "`word[0]` loads with acquire, `word[0] = value` stores with release.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot cell_slots[] = {
    {Py_tp_doc, "CellView(block, offset, /)\n--\n\n"
                "One thread's access to the integer at a byte of a writable buffer."},
    {Py_tp_new, cell_new},
    {Py_tp_dealloc, cell_dealloc},
    {Py_tp_methods, cell_methods},
    {Py_tp_getset, cell_fields},
    {Py_mp_subscript, cell_subscript},
    {Py_mp_ass_subscript, cell_store},
    {0, NULL},
};

static PyType_Spec cell_type = {
    .name = "ringbuffer_native.CellView",
    .basicsize = sizeof(CellView),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = cell_slots,
};

/* ------------------------------------------------------------------------------------ FlagView */

typedef struct {
    PyObject_HEAD
    _Atomic uint8_t *flags; /* in `block` */
    Py_ssize_t length;
    Py_buffer block;
} FlagView;

static PyObject *flag_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"", "", NULL};
    PyObject *block;
    Py_ssize_t length;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "On:FlagView", names, &block, &length))
        return NULL;
    FlagView *self = (FlagView *)type->tp_alloc(type, 0);
    if (self == NULL || !take(block, &self->block)) {
        Py_XDECREF(self);
        return NULL;
    }
    self->flags = self->block.buf;
    self->length = length;
    if (length < 0 || length > self->block.len) {
        PyErr_Format(PyExc_ValueError, "%zd flags do not fit into a block of %zd bytes", length,
                     self->block.len);
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void flag_dealloc(PyObject *self)
{
    free_object(self, &((FlagView *)self)->block);
}

static bool as_flag(PyObject *object, uint8_t *value)
{
    long number = PyLong_AsLong(object);
    if (number >= 0 && number <= UINT8_MAX) {
        *value = (uint8_t)number;
        return true;
    }
    if (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_OverflowError))
        PyErr_Format(PyExc_ValueError, "invalid value %R: a flag holds 0 to 255", object);
    return false;
}

static PyObject *flag_subscript(PyObject *self, PyObject *object)
{
    FlagView *view = (FlagView *)self;
    Py_ssize_t index = as_index(object, view->length);
    if (index < 0)
        return NULL;
    return PyLong_FromLong(atomic_load_explicit(&view->flags[index], memory_order_acquire));
}

static int flag_store(PyObject *self, PyObject *object, PyObject *flag)
{
    FlagView *view = (FlagView *)self;
    uint8_t value;
    if (flag == NULL) {
        PyErr_SetString(PyExc_TypeError, "a flag cannot be deleted");
        return -1;
    }
    Py_ssize_t index = as_index(object, view->length);
    if (index < 0 || !as_flag(flag, &value))
        return -1;
    atomic_store_explicit(&view->flags[index], value, memory_order_release);
    return 0;
}

/* The bounds of a range of flags; false with an error if it is not within the row. */
static bool as_range(FlagView *view, PyObject *low, PyObject *high, Py_ssize_t *start,
                     Py_ssize_t *stop)
{
    *start = as_index(low, view->length + 1);
    *stop = *start < 0 ? -1 : as_index(high, view->length + 1);
    return *stop >= 0;
}

static bool three_arguments(const char *name, Py_ssize_t count)
{
    if (count != 3)
        PyErr_Format(PyExc_TypeError, "%s() takes 3 positional arguments, not %zd", name, count);
    return count == 3;
}

static PyObject *flag_fill(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    FlagView *view = (FlagView *)self;
    Py_ssize_t start, stop;
    uint8_t value;
    if (!three_arguments("fill", count) ||
        !as_range(view, arguments[0], arguments[1], &start, &stop) ||
        !as_flag(arguments[2], &value))
        return NULL;
    /* One fence makes a release of every store that follows it. */
    atomic_thread_fence(memory_order_release);
    for (Py_ssize_t index = start; index < stop; index++)
        atomic_store_explicit(&view->flags[index], value, memory_order_relaxed);
    Py_RETURN_NONE;
}

static PyObject *flag_find(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    FlagView *view = (FlagView *)self;
    Py_ssize_t start, stop, index;
    uint8_t value;
    if (!three_arguments("find", count) || !as_flag(arguments[0], &value) ||
        !as_range(view, arguments[1], arguments[2], &start, &stop))
        return NULL;
    for (index = start; index < stop; index++)
        if (atomic_load_explicit(&view->flags[index], memory_order_relaxed) == value)
            break;
    /* One fence makes an acquire of every load before it. */
    atomic_thread_fence(memory_order_acquire);
    return PyLong_FromSsize_t(index < stop ? index : -1);
}

static PyMethodDef flag_methods[] = {
    {"fill", (PyCFunction)(void (*)(void))flag_fill, METH_FASTCALL,
     "fill($self, start, stop, value, /)\n--\n\nSet the flags of [start, stop)."},
    {"find", (PyCFunction)(void (*)(void))flag_find, METH_FASTCALL,
     "find($self, value, start, stop, /)\n--\n\n"
     "The first index in [start, stop) whose flag is `value`, or -1."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef flag_fields[] = {
    {"items", itself, NULL, "`items[i]` loads with acquire, `items[i] = value` stores with release.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot flag_slots[] = {
    {Py_tp_doc, "FlagView(block, length, /)\n--\n\n"
                "One thread's access to the first bytes of a writable buffer."},
    {Py_tp_new, flag_new},
    {Py_tp_dealloc, flag_dealloc},
    {Py_tp_methods, flag_methods},
    {Py_tp_getset, flag_fields},
    {Py_mp_subscript, flag_subscript},
    {Py_mp_ass_subscript, flag_store},
    {0, NULL},
};

static PyType_Spec flag_type = {
    .name = "ringbuffer_native.FlagView",
    .basicsize = sizeof(FlagView),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = flag_slots,
};

/* -------------------------------------------------------------------------------------- module */

static int add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    int failed = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return failed;
}

static int execute(PyObject *module)
{
    return add_type(module, &cell_type) < 0 || add_type(module, &flag_type) < 0 ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, execute},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL},
};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ringbuffer_native",
    .m_doc = "Cells and flags of ringbuffer over C11 atomics.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit_ringbuffer_native(void)
{
    return PyModuleDef_Init(&module);
}
