% GNU Octave 7.3: jsondecode reads some numbers of 17 digits wrong in the last bits.
x = rand(1, 1000);
read = jsondecode(['[' strjoin(arrayfun(@(v) sprintf('%.17g', v), x, 'UniformOutput', false), ',') ']'])';
printf('%d of 1000 are others\n', sum(read != x)); % about 200, where none is right
printf('%.17g\n', jsondecode('0.9350724237877683'), 0.9350724237877683);
