/* A feed-forward network in C99, without any library but that of the standard.

   Parameters lie layer by layer in one block: the weights, of shape (fan in, fan out), row after
   row, then the biases. What all layers give lies likewise: rows times the width of each. */

#ifndef NETWORK_H
#define NETWORK_H

#ifndef REAL
#define REAL double
#endif
typedef REAL real;

enum { MOST_LAYERS = 32 };

enum activation { IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, ELU, SOFTPLUS, SILU, EXP };

enum head { BERNOULLI, CATEGORICAL, SQUARES, SIGMOID_SQUARES, SOFTMAX_SQUARES, POISSON, HUBER };

enum rule { GRADIENT_DESCENT, MOMENTUM, NESTEROV, RMSPROP, ADAM };

typedef struct {
    int layers;                               /* of weights, one less than there are widths */
    int widths[MOST_LAYERS + 1];
    enum activation activations[MOST_LAYERS];
    enum head head;
    real l2, delta;                           /* the penalty is l2 / 2 times the squared weights */
} network;

typedef struct {
    int rows;
    const real *inputs, *targets, *weights;   /* weights of the rows; NULL: all are 1 */
} data;

typedef struct {
    enum rule rule;
    real rate, momentum, beta1, beta2, rho, epsilon, weight_decay;
    int decoupled;
} optimizer;

long parameters_of(const network *net);
long units_of(const network *net, int rows);  /* of all layers but the inputs */

/* What every layer gives, the last one its logits. */
void propagate(const network *net, const real *parameters, data rows, real *units);

void outputs(const network *net, int rows, real *logits);                         /* in place */
real loss(const network *net, const real *parameters, data rows);
void gradient(const network *net, const real *parameters, data rows, real *found);
real evaluate(const network *net, const real *parameters, data rows, int batch);
void train(const network *net, real *parameters, data rows, optimizer by, int epochs, int batch);

#endif
