#include "network.h"

#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

static real *room(long size) {
    real *found = calloc(size ? size : 1, sizeof(real));
    if (!found) exit(1);
    return found;
}

long parameters_of(const network *net) {
    long size = 0;
    for (int l = 0; l < net->layers; l++) size += (net->widths[l] + 1L) * net->widths[l + 1];
    return size;
}

long units_of(const network *net, int rows) {
    long size = 0;
    for (int l = 1; l <= net->layers; l++) size += (long)rows * net->widths[l];
    return size;
}

/* 1 / (1 + exp(-z)), of an exponential that cannot overflow */
static real sigmoid(real z) {
    real e = exp(-fabs(z));
    return (z < 0 ? e : 1) / (1 + e);
}

/* log(1 + exp(z)) */
static real softplus(real z) { return fmax(z, (real)0) + log1p(exp(-fabs(z))); }

static real value(enum activation f, real z) {
    switch (f) {
    case SIGMOID: return sigmoid(z);
    case TANH: return tanh(z);
    case RELU: return z > 0 ? z : 0;
    case LEAKY_RELU: return z > 0 ? z : (real)0.01 * z;
    case ELU: return z > 0 ? z : expm1(z);
    case SOFTPLUS: return softplus(z);
    case SILU: return z * sigmoid(z);
    case EXP: return exp(z);
    default: return z;
    }
}

/* the derivative at the logit z, which is not kept but where the value does not tell it */
static real slope(enum activation f, real z) {
    real s = sigmoid(z), t = tanh(z);
    switch (f) {
    case SIGMOID: return s * (1 - s);
    case TANH: return 1 - t * t;
    case RELU: return z > 0;
    case LEAKY_RELU: return z > 0 ? 1 : (real)0.01;
    case ELU: return z > 0 ? 1 : exp(z);
    case SOFTPLUS: return s;
    case SILU: return s * (1 + z * (1 - s));
    case EXP: return exp(z);
    default: return 1;
    }
}

/* logits = inputs weights + biases; returns what stands behind the biases */
static const real *affine(const real *p, int rows, int in, int out, const real *x, real *z) {
    const real *biases = p + (long)in * out;
    for (int n = 0; n < rows; n++, x += in, z += out) {
        memcpy(z, biases, out * sizeof(real));
        for (int i = 0; i < in; i++)
            for (int j = 0; j < out; j++) z[j] += x[i] * p[(long)i * out + j];
    }
    return biases + out;
}

/* `logits`, where it is given, keeps what enters each activation */
static void pass(const network *net, const real *p, data rows, real *units, real *logits) {
    const real *x = rows.inputs;
    for (int l = 0; l < net->layers; l++) {
        long size = (long)rows.rows * net->widths[l + 1];
        p = affine(p, rows.rows, net->widths[l], net->widths[l + 1], x, units);
        if (logits) memcpy(logits, units, size * sizeof(real)), logits += size;
        if (l < net->layers - 1)
            for (long k = 0; k < size; k++) units[k] = value(net->activations[l], units[k]);
        x = units;
        units += size;
    }
}

void propagate(const network *net, const real *p, data rows, real *units) {
    pass(net, p, rows, units, NULL);
}

static real largest(const real *z, int k) {
    real most = z[0];
    for (int j = 1; j < k; j++) most = fmax(most, z[j]);
    return most;
}

/* softmax in place; returns log sum exp of the logits */
static real softmax(real *z, int k) {
    real most = largest(z, k), sum = 0;
    for (int j = 0; j < k; j++) sum += z[j] = exp(z[j] - most);
    for (int j = 0; j < k; j++) z[j] /= sum;
    return most + log(sum);
}

static void output(enum head head, int k, real *z) {
    if (head == CATEGORICAL || head == SOFTMAX_SQUARES) softmax(z, k);
    for (int j = 0; j < k; j++) {
        if (head == BERNOULLI || head == SIGMOID_SQUARES) z[j] = sigmoid(z[j]);
        if (head == POISSON) z[j] = exp(z[j]);
    }
}

void outputs(const network *net, int rows, real *z) {
    int k = net->widths[net->layers];
    for (int n = 0; n < rows; n++) output(net->head, k, z + (long)n * k);
}

/* the loss of a row, and in place of its logits the derivative by them */
static real settle(const network *net, int k, real *z, const real *y) {
    real sum = 0, inner = 0, d = net->delta;
    if (net->head == CATEGORICAL)
        for (int j = 0; j < k; j++) sum -= y[j] * (z[j] - largest(z, k));
    if (net->head == BERNOULLI)
        for (int j = 0; j < k; j++) sum += y[j] > 0 ? softplus(-z[j]) : softplus(z[j]);
    if (net->head == POISSON)
        for (int j = 0; j < k; j++) sum += exp(z[j]) - y[j] * z[j];
    if (net->head == CATEGORICAL) {
        real most = largest(z, k);
        sum += softmax(z, k) - most;
    } else
        output(net->head, k, z);
    for (int j = 0; j < k; j++) {
        real r = z[j] - y[j];
        if (net->head == SQUARES || net->head == SIGMOID_SQUARES || net->head == SOFTMAX_SQUARES)
            sum += r * r / 2;
        if (net->head == HUBER) sum += fabs(r) <= d ? r * r / 2 : d * (fabs(r) - d / 2);
        inner += r * z[j];
    }
    for (int j = 0; j < k; j++) {
        real p = z[j], r = p - y[j];
        z[j] = net->head == SIGMOID_SQUARES   ? r * p * (1 - p)
               : net->head == SOFTMAX_SQUARES ? p * (r - inner)
               : net->head == HUBER           ? fmax(-d, fmin(d, r))
                                              : r;
    }
    return sum;
}

static real weight(data rows, int n) { return rows.weights ? rows.weights[n] : 1; }

static real total(data rows) {
    real sum = 0;
    for (int n = 0; n < rows.rows; n++) sum += weight(rows, n);
    return sum;
}

/* the mean loss of the rows, and in place of the logits its derivative by them */
static real settle_all(const network *net, data rows, real *z) {
    int k = net->widths[net->layers];
    real sum = 0, of = total(rows);
    for (int n = 0; n < rows.rows; n++, z += k) {
        sum += weight(rows, n) * settle(net, k, z, rows.targets + (long)n * k);
        for (int j = 0; j < k; j++) z[j] *= weight(rows, n) / of;
    }
    return sum / of;
}

static real penalty(const network *net, const real *p) {
    real sum = 0;
    for (int l = 0; l < net->layers; p += net->widths[++l])
        for (long k = (long)net->widths[l] * net->widths[l + 1]; k; k--, p++) sum += *p * *p;
    return net->l2 / 2 * sum;
}

static real mean_loss(const network *net, const real *p, data rows) {
    long size = units_of(net, rows.rows), last = (long)rows.rows * net->widths[net->layers];
    real *units = room(size);
    propagate(net, p, rows, units);
    real found = settle_all(net, rows, units + size - last);
    free(units);
    return found;
}

real loss(const network *net, const real *p, data rows) {
    return mean_loss(net, p, rows) + penalty(net, p);
}

/* delta holds the derivative by the logits of a layer, and then by those of the layer below */
void gradient(const network *net, const real *p, data rows, real *found) {
    long size = units_of(net, rows.rows), end = parameters_of(net);
    real *units = room(size), *logits = room(size), *delta = logits + size;
    pass(net, p, rows, units, logits);
    memset(found, 0, end * sizeof(real));
    const real *x = units + size;
    for (int l = net->layers - 1; l >= 0; l--) {
        int in = net->widths[l], out = net->widths[l + 1];
        delta -= (long)rows.rows * out;
        x -= (long)rows.rows * out;
        if (l == net->layers - 1) settle_all(net, rows, delta);
        end -= (in + 1L) * out;
        const real *below = l ? x - (long)rows.rows * in : rows.inputs, *w = p + end;
        real *g = found + end, *z = delta - (long)rows.rows * in;
        for (int n = 0; n < rows.rows; n++)
            for (int j = 0; j < out; j++) {
                real d = delta[(long)n * out + j];
                g[(long)in * out + j] += d;
                for (int i = 0; i < in; i++) g[(long)i * out + j] += below[(long)n * in + i] * d;
            }
        for (long k = 0; k < (long)in * out; k++) g[k] += net->l2 * w[k];
        for (long k = 0; l && k < (long)rows.rows * in; k++) {
            real sum = 0;
            for (int j = 0; j < out; j++) sum += delta[k / in * out + j] * w[k % in * out + j];
            z[k] = sum * slope(net->activations[l - 1], z[k]);
        }
    }
    free(units);
    free(logits);
}

static data batch_of(const network *net, data all, int start, int batch) {
    long k = net->widths[net->layers];
    int rows = all.rows - start < batch ? all.rows - start : batch;
    return (data){rows, all.inputs + (long)start * net->widths[0], all.targets + start * k,
                  all.weights ? all.weights + start : NULL};
}

real evaluate(const network *net, const real *p, data rows, int batch) {
    real sum = 0;
    for (int start = 0; start < rows.rows; start += batch) {
        data part = batch_of(net, rows, start, batch);
        real share = total(part);
        if (share > 0) sum += share * mean_loss(net, p, part);
    }
    return sum / total(rows) + penalty(net, p);
}

void train(const network *net, real *p, data rows, optimizer by, int epochs, int batch) {
    long size = parameters_of(net), steps = 0;
    real *g = room(size), *v = room(size), *s = room(size);
    for (int epoch = 0; epoch < epochs; epoch++)
        for (int start = 0; start < rows.rows; start += batch) {
            gradient(net, p, batch_of(net, rows, start, batch), g);
            steps++;
            real first = 1 - pow(by.beta1, (real)steps), second = 1 - pow(by.beta2, (real)steps);
            for (long k = 0; k < size; k++) {
                real w = p[k], d = g[k] + (by.decoupled ? 0 : by.weight_decay * w);
                if (by.decoupled) w -= by.rate * by.weight_decay * w;
                if (by.rule == MOMENTUM || by.rule == NESTEROV) v[k] = by.momentum * v[k] + d;
                if (by.rule == ADAM) v[k] = by.beta1 * v[k] + (1 - by.beta1) * d;
                real keeps = by.rule == ADAM ? by.beta2 : by.rho;
                s[k] = keeps * s[k] + (1 - keeps) * d * d;
                if (by.rule == MOMENTUM) d = v[k];
                if (by.rule == NESTEROV) d += by.momentum * v[k];
                if (by.rule == RMSPROP) d /= sqrt(s[k]) + by.epsilon;
                if (by.rule == ADAM) d = v[k] / first / (sqrt(s[k] / second) + by.epsilon);
                p[k] = w - by.rate * d;
            }
        }
    free(g);
    free(v);
    free(s);
}
