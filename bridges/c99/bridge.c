/* The network of network.c over standard input and output: docs/protocol.md, without a library.

   A request is a line. Its keys are unique and have no space behind them, so that strstr finds
   them, and strtod reads the numbers. */

#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(list) (int)(sizeof(list) / sizeof(*(list)))

static const char *activations[] = {"identity", "sigmoid",  "tanh", "relu", "leaky_relu",
                                    "elu",      "softplus", "silu", "exp"};
static const char *heads[][2] = {
    {"sigmoid", "cross_entropy"}, {"softmax", "cross_entropy"}, {"identity", "squared_error"},
    {"sigmoid", "squared_error"}, {"softmax", "squared_error"}, {"exp", "poisson"},
    {"identity", "huber"}};
static const char *rules[] = {"gradient_descent", "momentum", "nesterov", "rmsprop", "adam"};

static const char *line; /* the request */

/* what stands behind a key; NULL where it is missing */
static const char *behind(const char *key) {
    char pattern[64];
    snprintf(pattern, sizeof pattern, "\"%s\":", key);
    const char *found = strstr(line, pattern);
    return found ? found + strlen(pattern) : NULL;
}

static int is(const char *text, const char *name) {
    size_t length = strlen(name);
    return text && text[0] == '"' && !strncmp(text + 1, name, length) && text[length + 1] == '"';
}

static double number(const char *key) {
    const char *text = behind(key);
    return text ? strtod(text, NULL) : 0;
}

/* the numbers of a list; NULL where it is missing, or null */
static real *numbers(const char *key) {
    const char *text = behind(key);
    if (!text || *text != '[') return NULL;
    long size = 1;
    for (const char *c = text; *c != ']'; c++) size += *c == ',';
    real *found = malloc(size * sizeof(real));
    for (long k = 0; k < size && text[1] != ']'; k++) {
        char *end;
        found[k] = (real)strtod(text + 1, &end);
        text = end;
    }
    return found;
}

/* the request as a network; 0 where it is none of ours */
static int understood(network *net) {
    char *text = (char *)behind("widths");
    for (net->layers = -1; *text != ']' && net->layers < MOST_LAYERS; net->layers++)
        net->widths[net->layers + 1] = (int)strtol(text + 1, &text, 10);
    if (*text != ']') return 0;
    const char *name = behind("activations") + 1;
    for (int l = 0; l < net->layers - 1; l++, name = strpbrk(name, ",]") + 1) {
        int a = 0;
        while (a < LENGTH(activations) && !is(name, activations[a])) a++;
        if (a == LENGTH(activations)) return 0;
        net->activations[l] = a;
    }
    int h = 0;
    while (h < LENGTH(heads) && !(is(behind("output"), heads[h][0]) && is(behind("loss"), heads[h][1])))
        h++;
    net->head = h;
    net->l2 = (real)number("l2");
    net->delta = (real)number("delta");
    return h < LENGTH(heads);
}

static void answer(const real *found, long size, int list) {
    printf("{\"id\":%.0f,\"answer\":%s", number("id"), list ? "[" : "");
    for (long k = 0; k < size; k++) printf("%s%.17g", k ? "," : "", (double)found[k]);
    puts(list ? "]}" : "}");
}

static void hello(void) {
    printf("{\"id\":%.0f,\"answer\":{\"protocol\":1,\"name\":\"c99\",\"version\":\"1.0\",", number("id"));
    printf("\"precision\":\"%s\",", sizeof(real) == sizeof(double) ? "float64" : "float32");
    printf("\"capabilities\":[\"forward\",\"hidden\",\"loss\",\"gradient\",\"evaluate\",\"train\"],");
    printf("\"scope\":{\"hidden_layers\":[0,%d],\"mixed_activations\":true,", MOST_LAYERS - 1);
    printf("\"l2\":true,\"sample_weights\":true,\"batches\":true,");
    printf("\"weight_decay\":[\"coupled\",\"decoupled\"],\"activations\":");
    for (int a = 0; a < LENGTH(activations); a++) printf("%c\"%s\"", a ? ',' : '[', activations[a]);
    printf("],\"optimizers\":");
    for (int r = 0; r < LENGTH(rules); r++) printf("%c\"%s\"", r ? ',' : '[', rules[r]);
    printf("],\"heads\":");
    for (int h = 0; h < LENGTH(heads); h++)
        printf("%c[\"%s\",\"%s\"]", h ? ',' : '[', heads[h][0], heads[h][1]);
    puts("]}}}");
}

static optimizer told(void) {
    int rule = 0;
    while (rule < LENGTH(rules) - 1 && !is(behind("optimizer"), rules[rule])) rule++;
    return (optimizer){rule, (real)number("learning_rate"), (real)number("momentum"),
                       (real)number("beta1"), (real)number("beta2"), (real)number("rho"),
                       (real)number("epsilon"), (real)number("weight_decay"),
                       !strncmp(behind("decoupled"), "true", 4)};
}

static void call(const network *net) {
    int rows = (int)number("rows"), batch = (int)number("batch_size");
    real *p = numbers("parameters"), *x = numbers("inputs"), *y = numbers("targets");
    real *w = numbers("sample_weights");
    data all = {rows, x, y, w};
    long size = parameters_of(net), units = units_of(net, rows);
    long last = (long)rows * net->widths[net->layers];
    real *found = malloc((size + units) * sizeof(real));
    if (is(behind("call"), "forward")) {
        propagate(net, p, all, found);
        outputs(net, rows, found + units - last);
        answer(found + units - last, last, 1);
    } else if (is(behind("call"), "hidden")) {
        propagate(net, p, all, found);
        answer(found, units - last, 1);
    } else if (is(behind("call"), "loss")) {
        *found = loss(net, p, all);
        answer(found, 1, 0);
    } else if (is(behind("call"), "gradient")) {
        gradient(net, p, all, found);
        answer(found, size, 1);
    } else if (is(behind("call"), "evaluate")) {
        *found = evaluate(net, p, all, batch);
        answer(found, 1, 0);
    } else {
        train(net, p, all, told(), (int)number("epochs"), batch ? batch : rows);
        answer(p, size, 1);
    }
    free(p), free(x), free(y), free(w), free(found);
}

/* the next line, of any length, into a buffer that grows */
static int next(char **buffer, size_t *size) {
    size_t length = 0;
    do {
        if (*size - length < 2) *buffer = realloc(*buffer, *size = 2 * *size + 65536);
        if (!*buffer || !fgets(*buffer + length, (int)(*size - length), stdin)) return 0;
        length += strlen(*buffer + length);
    } while ((*buffer)[length - 1] != '\n');
    line = *buffer;
    return 1;
}

int main(void) {
    char *buffer = NULL;
    size_t size = 0;
    while (next(&buffer, &size)) {
        network net = {0};
        if (is(behind("call"), "hello"))
            hello();
        else if (understood(&net))
            call(&net);
        else
            printf("{\"id\":%.0f,\"unsupported\":\"a layer or a head that is none of ours\"}\n", number("id"));
        fflush(stdout);
    }
    return 0;
}
