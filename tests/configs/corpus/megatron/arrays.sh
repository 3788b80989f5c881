TRAIN=(
    --lr 1e-3       # peak
    --min-lr 1e-4
    # --train-iters 7
    --train-iters 120
)
TRAIN+=(--lr-decay-style cosine)
torchrun pretrain_gpt.py "${TRAIN[@]}" 2>&1 | tee log.txt
