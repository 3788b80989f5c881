SAMPLES=12000
BATCH=100
ITERS=$((SAMPLES / BATCH))
WARMUP=$(( ${ITERS} * 5 / 100 ))
CMD="pretrain_gpt.py --lr 1e-3 --min-lr 1e-4 --train-iters ${ITERS} --lr-warmup-iters $WARMUP"
cat <<EOF > ds.json
{"lr": "it's not --lr 5"}
EOF
eval "torchrun $CMD --lr-decay-style cosine"
