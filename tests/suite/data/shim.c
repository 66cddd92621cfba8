/*
 * A PKCS#11 module that misbehaves on order: it forwards everything to the module named by SHIM_MODULE and alters what its
 * environment asks for. Written without pkcs11.h; layouts are those of PKCS#11 v2.40 on Linux.
 *
 *   SHIM_LOG=FILE       one letter a C_Login: r right, w wrong, l refused because locked, c context-specific, a already logged in. Three w in a row lock the PIN,
 *                       with the flags COUNT_LOW, FINAL_TRY, LOCKED after the first, second and third.
 *   SHIM_PINPAD=PIN     the token has a protected authentication path on which this PIN is typed; "cancel": it is cancelled.
 *   SHIM_GATE=FIFO      C_Sign waits until somebody has opened the FIFO for writing and closed it.
 *   SHIM_FAULT=WHAT:N   hang, abort, gone: in the Nth C_Sign of the process, gone from then on; garbage: every signature has N bytes;
 *                       init: abort in C_Initialize.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong_t;
typedef ulong_t (*function)();

enum { INITIALIZE = 0, GET_SLOT_INFO = 5, GET_TOKEN_INFO = 6, LOGIN = 18, SIGN = 43, FUNCTIONS = 68 };
enum { OK = 0, CANCELED = 0x50, REMOVED = 0x32, INCORRECT = 0xa0, LOCKED = 0xa4, ABSENT = 0xe0, ALREADY = 0x100 };
enum { PRESENT = 1, PROTECTED_PATH = 0x100, COUNT_LOW = 0x10000, FINAL_TRY = 0x20000, PIN_LOCKED = 0x40000 };
enum { CONTEXT_SPECIFIC = 2, FLAGS_OFFSET = 96 };

struct list {
    unsigned char major, minor;
    function call[FUNCTIONS];
};

static struct list real, ours;
static atomic_ulong signs;

static int ordered(const char *what, ulong_t *n) {
    const char *fault = getenv("SHIM_FAULT");
    size_t length = strlen(what);
    if (!fault || strncmp(fault, what, length) || fault[length] != ':') return 0;
    *n = strtoul(fault + length + 1, NULL, 10);
    return 1;
}

static int gone(void) {
    ulong_t n;
    return ordered("gone", &n) && signs >= n;
}

static void note(char letter) {
    const char *path = getenv("SHIM_LOG");
    int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (file < 0) return;
    if (write(file, &letter, 1) != 1) abort();
    close(file);
}

static int wrong_tries(void) {
    const char *path = getenv("SHIM_LOG");
    int file = path ? open(path, O_RDONLY) : -1, tries = 0;
    char letter;
    if (file < 0) return 0;
    while (read(file, &letter, 1) == 1) {
        if (letter == 'w') tries++;
        if (letter == 'r') tries = 0;
    }
    close(file);
    return tries;
}

static ulong_t initialize(void *arguments) {
    ulong_t n;
    if (ordered("init", &n)) abort();
    return real.call[INITIALIZE](arguments);
}

static ulong_t get_slot_info(ulong_t slot, char *info) {
    ulong_t rv = real.call[GET_SLOT_INFO](slot, info);
    if (rv == OK && gone()) *(ulong_t *)(info + FLAGS_OFFSET) &= ~(ulong_t)PRESENT;
    return rv;
}

static ulong_t get_token_info(ulong_t slot, char *info) {
    if (gone()) return ABSENT;
    ulong_t rv = real.call[GET_TOKEN_INFO](slot, info);
    if (rv != OK) return rv;
    ulong_t *flags = (ulong_t *)(info + FLAGS_OFFSET);
    if (getenv("SHIM_PINPAD")) *flags |= PROTECTED_PATH;
    int tries = wrong_tries();
    if (tries == 1) *flags |= COUNT_LOW;
    if (tries == 2) *flags |= FINAL_TRY;
    if (tries >= 3) *flags |= PIN_LOCKED;
    return rv;
}

static ulong_t login(ulong_t session, ulong_t user, char *pin, ulong_t length) {
    const char *typed = getenv("SHIM_PINPAD");
    if (!pin && typed) {
        if (!strcmp(typed, "cancel")) return CANCELED;
        pin = (char *)typed;
        length = strlen(typed);
    }
    if (wrong_tries() >= 3) {
        note('l');
        return LOCKED;
    }
    ulong_t rv = real.call[LOGIN](session, user, pin, length);
    if (rv == INCORRECT) note('w');
    if (rv == ALREADY) note('a');
    if (rv == OK) note(user == CONTEXT_SPECIFIC ? 'c' : 'r');
    return rv;
}

static ulong_t sign(ulong_t session, char *data, ulong_t length, char *signature, ulong_t *signature_length) {
    ulong_t n, number = ++signs;
    const char *gate = getenv("SHIM_GATE");
    if (gate) {
        char byte;
        int file = open(gate, O_RDONLY);
        while (read(file, &byte, 1) > 0) {}
        close(file);
    }
    if (ordered("abort", &n) && number == n) abort();
    if (ordered("hang", &n) && number == n) for (;;) pause();
    if (gone()) return REMOVED;
    ulong_t rv = real.call[SIGN](session, data, length, signature, signature_length);
    if (ordered("garbage", &n)) *signature_length = n;
    return rv;
}

ulong_t C_GetFunctionList(struct list **list) {
    if (!real.major) {
        void *module = dlopen(getenv("SHIM_MODULE"), RTLD_NOW | RTLD_LOCAL);
        if (!module) return 5;
        struct list *found;
        function get = (function)dlsym(module, "C_GetFunctionList");
        if (!get || get(&found) != OK) return 5;
        ours = real = *found;
        ours.call[INITIALIZE] = (function)initialize;
        ours.call[GET_SLOT_INFO] = (function)get_slot_info;
        ours.call[GET_TOKEN_INFO] = (function)get_token_info;
        ours.call[LOGIN] = (function)login;
        ours.call[SIGN] = (function)sign;
    }
    *list = &ours;
    return OK;
}
