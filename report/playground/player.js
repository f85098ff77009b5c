// The states of a run, computed when they are needed, and their playback.

const SECONDS = 4; // from noise to data

export class Player {
  // `show` is called when the position changes; `ended` when it stops by itself.
  constructor(show, ended) {
    this.show = show;
    this.ended = ended;
    this.position = 0;
    this.playing = false;
  }

  load({ times, states }) {
    this.times = times;
    this.source = states;
    this.states = [];
    this.position = Math.min(this.position, this.last);
  }

  get last() {
    return this.times.length - 1;
  }

  // The states on both sides of the position, and the part of the way between them.
  around() {
    const before = Math.min(Math.floor(this.position), this.last);
    const after = Math.min(before + 1, this.last);
    return [this.state(before), this.state(after), this.position - before];
  }

  state(i) {
    while (this.states.length <= i) this.states.push(this.source.next().value);
    return this.states[i];
  }

  // The particles after the last step.
  end() {
    return this.state(this.last);
  }

  // The time at the position.
  time() {
    const before = Math.min(Math.floor(this.position), this.last);
    return this.times[before];
  }

  seek(position) {
    this.position = Math.min(Math.max(position, 0), this.last);
    this.show();
  }

  play() {
    if (this.position >= this.last) this.position = 0;
    this.playing = true;
    let before = null;
    const frame = now => {
      if (!this.playing) return;
      const passed = before === null ? 0 : (now - before) / 1000;
      before = now;
      this.seek(this.position + (passed * this.last) / SECONDS);
      if (this.position >= this.last) this.pause();
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  pause() {
    this.playing = false;
    this.ended();
  }
}
