% GNU Octave 7.3.0: jsondecode misreads one of five numbers by a unit in the last place.
wrong = 0; rand("seed", 1);
for i = 1:10000
  x = rand();
  wrong += jsondecode(sprintf("%.17g", x)) != x;
end
printf("%d of 10000 numbers are not what was written\n", wrong);
printf("0.9350724237877683 is read as %.17g\n", jsondecode("0.9350724237877683"));
