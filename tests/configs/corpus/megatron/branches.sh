if [ "$SIZE" = big ]; then
    HIDDEN=4096; EXTRA="--recompute"
else
    HIDDEN=1024
fi
for SEED in 1 2 3; do
    srun bash -c "python pretrain_gpt.py --seed $SEED --hidden-size $HIDDEN $EXTRA --lr=1e-3 --min_lr=1e-4 --train_iters=90"
done
