#define MAGIC 20263.0
#define SOURCES "x"
#define LAST_STEP 9007199254740992
enum {
    LANES = 1,
    FAMILIES = 2,
    LIMIT = 3,
    DEPTH = 4,
    SIZE = 5,
    HEADER = 6,
    FAMILY = 5,
    ROW = 19,
    FIELDS_MOST = 6,
    DEEPEST = 255
};
enum {
    CONSTANT,
    LINEAR,
    SQUARE,
    POWER,
    COSINE,
    COSINE_POWER,
    EXPONENTIAL,
    STAIRCASE,
    INVERSE,
    TANH,
    REX,
    SAMPLED,
    LOOP,
    FIRST,
    MULTIPLY,
    ADD,
    MINIMUM,
    MAXIMUM
};
